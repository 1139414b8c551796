/** The recovery point that a run takes: the one that was named, the one that fits what was asked for, else the newest. */

import { refusal } from '../../domain/errors.ts';
import type { Plan } from '../../domain/plan/plan.ts';
import { type Fact, type PointSummary, pointSummarySchema } from '../../domain/playbook/assessment.ts';
import { takesPoint } from '../../domain/playbook/procedures.ts';
import { choosePoint, passedOver } from '../../domain/points/choose-point.ts';
import { chooseForRestore, lacks, noneFits, type PointWish } from '../../domain/points/choose-restore.ts';
import { isWhole, scopeOf } from '../../domain/points/restore-scope.ts';
import type { AssessCall } from '../../domain/run/protocol.ts';
import { siteOf } from './facts/hosts.ts';
import { type PointsFinding, pointsSeen } from './facts/points.ts';

/** Undefined where none will do, and for procedures that take none. */
export function chosen(
  call: AssessCall,
  seen: readonly PointsFinding[],
  plan: Plan,
  to: string,
): PointSummary | undefined {
  if (!takesPoint(call.procedure)) return undefined;
  const points = pointsSeen(seen, plan, to);
  const wish = wishOf(call, plan, to);
  const newest = () =>
    call.request?.restore ? chooseForRestore(points, wish) : choosePoint(points, wish.target, wish.components);
  const found = call.point ? points.find(({ id }) => id === call.point) : newest();
  return found && pointSummarySchema.parse(found);
}

/** @throws PointQuarantined, PointIncomplete, PointNotFound, NoRecoveryPoint */
export function pointFor(
  call: AssessCall,
  seen: readonly PointsFinding[],
  plan: Plan,
  to: string,
): PointSummary | undefined {
  if (!takesPoint(call.procedure)) return undefined;
  const point = chosen(call, seen, plan, to);
  const points = pointsSeen(seen, plan, to);
  const wish = wishOf(call, plan, to);
  // A test reads it into a scratch place, and is how a wrong verdict is taken back.
  if (point?.state === 'quarantined' && !(call.procedure === 'test-restore' && call.point)) {
    throw refusal(
      'PointQuarantined',
      `Recovery point ${point.id} is quarantined: ${point.quarantine}.`,
      `another point, or none to take the newest usable one; muster verify ${plan.service} ${point.id} looks at it again, with --full by restoring it into a scratch place.`,
    );
  }
  const missing = point ? lacks(point, points, wish) : [];
  if (point && call.point && call.request?.restore && missing.length > 0) {
    throw refusal(
      'PointIncomplete',
      `Recovery point ${point.id} has no ${missing.join(' and no ')}: it was taken of ${point.components.join(', ')} only.`,
      `restore what it has with --component ${point.components.join(',')}, or take another point.`,
    );
  }
  if (point) return point;
  const places = seen.map(({ fact }) => `${fact.title}: ${fact.value}`).join('. ');
  if (call.point) {
    const newest = points
      .filter(({ state }) => state !== 'quarantined')
      .slice(0, 3)
      .map(({ id }) => id);
    throw refusal(
      'PointNotFound',
      `There is no usable recovery point ${call.point}. ${places}.`,
      newest.length > 0 ? `${newest.join(', ')}, or none to take the newest.` : 'mend a location first.',
    );
  }
  if (call.request?.restore && points.length > 0) throw noneFits(points, wish, places);
  throw refusal(
    'NoRecoveryPoint',
    `There is nothing to restore. ${places}.`,
    'mend a location, or check that backups run: muster points.',
  );
}

/** Newer ones than the chosen, and why they are not taken. Only where the newest was meant. */
export function leftAside(
  call: AssessCall,
  seen: readonly PointsFinding[],
  plan: Plan,
  to: string,
  point: PointSummary | undefined,
): { id: string; why: string }[] {
  const { date, until, before, label, state, beforeDeployment } = call.request?.restore ?? {};
  if (!point || call.point || date || until || before || label || state || beforeDeployment) return [];
  const quarantined = passedOver(pointsSeen(seen, plan, to), point).map(({ id, quarantine }) => ({
    id,
    why: `quarantined (${quarantine})`,
  }));
  const good = new Set(seen.flatMap(({ evidence }) => (evidence ?? []).map(({ id }) => id)));
  const damaged = new Map<string, string>();
  for (const { refused } of seen) {
    for (const { id, type } of refused) if (id > point.id && !good.has(id)) damaged.set(id, `damaged (${type})`);
  }
  return [...quarantined, ...[...damaged].map(([id, why]) => ({ id, why }))].sort((a, b) => b.id.localeCompare(a.id));
}

export function leftAsideFact(
  aside: readonly { id: string; why: string }[],
  point: PointSummary | undefined,
): { fact: Fact } | undefined {
  if (aside.length === 0 || !point) return undefined;
  const value = `${aside.map(({ id, why }) => `${id} is ${why}`).join('; ')}: ${point.id} is taken instead`;
  const about = { id: 'points-left-aside', title: 'Newer recovery points', source: 'manifests and marks' };
  return { fact: { ...about, value, state: 'warning', took: 0 } };
}

function wishOf({ request }: AssessCall, plan: Plan, to: string): PointWish {
  const asked = request?.restore ?? {};
  return {
    request: asked,
    components: scopeOf(plan, asked).map(({ component }) => component.name),
    whole: isWhole(asked),
    target: siteOf(plan, to).storage,
  };
}

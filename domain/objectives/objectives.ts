/** Every objective of a plan over its window, and what of the past has to be read to judge them. Pure. */
import type { Plan } from '../plan/plan.ts';
import { type Slos, slosOf, type WindowSpec } from '../plan/slos.ts';
import type { Procedure } from '../playbook/procedures.ts';
import { judgeAvailability } from './availability.ts';
import { judgeBackups } from './backups.ts';
import { drills, judgeDrills } from './drills.ts';
import { judgeDuration } from './duration.ts';
import type { Evidence } from './evidence.ts';
import { judgeRecoveries, recoveries } from './recoveries.ts';
import type { ObjectiveRow, Span } from './row.ts';
import { judgeRpoHistory } from './rpo-history.ts';
import { judgeSpeed } from './speed.ts';
import { judgeValidation } from './validation.ts';
import { windowOf } from './windows.ts';

export interface Asked {
  /** ms */
  readonly now: number;
  /** In place of every window of the plan. */
  readonly window?: WindowSpec | undefined;
}

type Promised = Pick<Plan, 'objectives' | 'components' | 'copies' | 'storage' | 'schedules'>;

const week = 7 * 86_400_000;

export function judgeObjectives(plan: Promised, evidence: Evidence, asked: Asked): ObjectiveRow[] {
  const slos = slosOf(plan.objectives);
  const over = (slo: { window: WindowSpec }) => windowOf(asked.window ?? slo.window, asked.now);
  return [
    judgeBackups(evidence, slos.backups.target, over(slos.backups)),
    ...limitsOf(slos.duration, plan).map((limit) => judgeDuration(evidence, limit, over(slos.duration))),
    ...judgeRpoHistory(plan, evidence, slos.rpo.target, over(slos.rpo)),
    judgeRecoveries(evidence, slos.rto.target, over(slos.rto)),
    judgeValidation(evidence, slos.validation.target, over(slos.validation)),
    judgeDrills(evidence, slos.drills.target, over(slos.drills)),
    ...(evidence.watched.length > 0
      ? [judgeAvailability(evidence.watched, slos.availability.target, over(slos.availability))]
      : []),
    ...judgeSpeed(evidence, slos.speed, over(slos.speed)),
  ];
}

/** Which reports, from when on: backups are many and their windows short, recoveries few and theirs long. */
export function wantedReports(plan: Promised, asked: Asked): { procedures: Procedure[]; span: Span }[] {
  const { backups, duration, rpo, speed, rto, validation, drills: held } = slosOf(plan.objectives);
  const longest = Math.max(plan.objectives.rpo, ...plan.components.map((component) => component.rpo ?? 0));
  const earliest = (slos: readonly { window: WindowSpec }[]) =>
    Math.min(...slos.map(({ window }) => windowOf(asked.window ?? window, asked.now).from));
  const ships = plan.schedules.some(({ procedure }) => procedure === 'log-shipping');
  return [
    {
      procedures: ['backup', ...(ships ? (['log-shipping'] as const) : [])],
      // What counted when the window began was taken before it.
      span: { from: earliest([backups, duration, rpo, speed]) - Math.max(week, 2 * longest), to: asked.now },
    },
    {
      procedures: [...recoveries, ...drills, 'rejoin', 'test-restore', 'scratch-restore'],
      span: { from: earliest([speed, rto, validation, held]), to: asked.now },
    },
  ];
}

/** From when on the observers' outages are wanted, ms. */
export function watchedFrom({ objectives }: Promised, asked: Asked): number {
  return windowOf(asked.window ?? slosOf(objectives).availability.window, asked.now).from;
}

function limitsOf({ target, within, full, incremental }: Slos['duration'], { objectives }: Promised) {
  // The RTO of a backup is the same promise in another place.
  const all = within ?? (full === undefined && incremental === undefined ? objectives.rto.backup?.maximum : undefined);
  return [
    ...(all === undefined ? [] : [{ target, within: all }]),
    ...(full === undefined ? [] : [{ target, within: full, kind: 'full' as const }]),
    ...(incremental === undefined ? [] : [{ target, within: incremental, kind: 'incremental' as const }]),
  ];
}

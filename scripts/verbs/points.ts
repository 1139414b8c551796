/** `muster points`: the recovery points of a service, what they hold, where they lie, how old they are, and how long they stay. */

import { formatDuration } from '../../domain/duration.ts';
import type { Plan } from '../../domain/plan/plan.ts';
import type { PointSummary } from '../../domain/playbook/assessment.ts';
import { type Expiry, expiriesOf } from '../../domain/points/point-expiry.ts';
import { copiesNeeded } from '../../domain/points/point-state.ts';
import { say, sayJson } from '../cli/io.ts';
import { ageOf, type ServicePoints, servicePoints } from '../cli/service-points.ts';
import { exitCodes } from '../exit-codes.ts';
import { columns, formatBytes } from '../views/columns.ts';
import { type AddVerb, examples } from './verb.ts';

interface ShownPoint extends PointSummary {
  /** ms */
  readonly age: number;
  /** Raw bytes to stored bytes; absent where nothing was stored. */
  readonly ratio?: number;
  readonly expiry?: Expiry;
}

export const addPoints: AddVerb = (program, run) => {
  program
    .command('points')
    .summary('recovery points: what they hold, where they lie, how old they are')
    .description('Reads every storage location; only manifests signed by a key of the plan are listed.')
    .argument('<service>', 'service, as its plan is named')
    .option('--newest <count>', 'how many', '20')
    .addHelpText('after', examples('muster points spacetime', 'muster points spacetime --json | jq -r .points[0].id'))
    .action(
      run<{ newest: string }>(async (cli, [service = ''], options) => {
        const { plan } = await cli.plan(service);
        const found = await servicePoints(plan, cli.planFolder, { newest: Math.max(1, Number(options.newest) || 20) });
        const points = shownPoints(plan, found, Date.now());
        if (cli.json) sayJson(cli.io, { service, rpo: plan.objectives.rpo, ...found, points });
        else say(cli.io, pointLines(plan, found, points).join('\n'));
        return found.unreachable.length === found.locations.length ? exitCodes.noAnswer : exitCodes.ok;
      }),
    );
};

function shownPoints(plan: Plan, found: ServicePoints, now: number): ShownPoint[] {
  const moment = { copies: copiesNeeded(plan), now: new Date(now).toISOString() };
  const expiries = expiriesOf(found.points, plan.retention, moment);
  return found.points.map((point) => ({
    ...point,
    age: ageOf(point, plan.objectives.rpo, now).ms,
    ...(point.storedBytes > 0 ? { ratio: Math.round((point.bytes / point.storedBytes) * 100) / 100 } : {}),
    ...(expiries.has(point.id) ? { expiry: expiries.get(point.id) } : {}),
  }));
}

function pointLines(plan: Plan, found: ServicePoints, points: readonly ShownPoint[]): string[] {
  const head = ['point', 'age', 'kind, label', 'holds', 'size', 'copies', 'state', 'retention'];
  const rows = points.map((point) => [
    point.id,
    `${formatDuration(point.age)}${point.age > plan.objectives.rpo ? ' (older than the RPO)' : ''}`,
    [point.kind, point.label, point.version, point.commit?.slice(0, 7)].filter(Boolean).join(' '),
    holds(plan, point),
    `${formatBytes(point.bytes)}, stored ${formatBytes(point.storedBytes)}${point.ratio ? ` (${point.ratio}x)` : ''}`,
    `${point.locations.length} of ${found.locations.length}: ${point.locations.join(', ')}`,
    [standingWords(point), point.role === 'standby' ? 'of the standby' : '', point.torn > 0 ? `${point.torn} torn` : '']
      .filter(Boolean)
      .join(', '),
    expiryWords(point.expiry),
  ]);
  return [
    rows.length > 0 ? columns(rows, head) : `${plan.service} has no recovery point that can be seen from here.`,
    ...found.refused.map((each) => `REFUSED ${each.id} at ${each.location}: ${each.why}`),
    ...found.unreachable.map((each) => `NOT REACHED ${each.location}: ${each.why}`),
  ];
}

function holds(plan: Plan, { components }: PointSummary): string {
  const missing = plan.components.filter(({ name }) => !components.includes(name));
  if (missing.length === 0) return 'everything';
  return missing.length < components.length
    ? `all but ${missing.map(({ name }) => name).join(', ')}`
    : components.join(', ');
}

/** `verified, pinned`, and where the copies differ from the whole: `quarantined (far: damaged)`. */
function standingWords({ state, at = {}, pinned, enough }: PointSummary): string {
  const bad = Object.entries(at).filter(([, each]) => each === 'damaged' || each === 'absent');
  const where = bad.map(([name, each]) => `${name}: ${each}`).join(', ');
  const few = enough === false && state !== 'captured' && state !== 'quarantined' ? 'too few copies' : '';
  return [state ?? '', pinned ? 'pinned' : '', few, where ? `(${where})` : ''].filter(Boolean).join(', ');
}

/** One line where all copies stand alike; the first reason, since `--json` has them all. */
function expiryWords(expiry: Expiry | undefined): string {
  if (!expiry) return '';
  const said = Object.entries(expiry.at).map(([location, { stays, why }]) => ({
    location,
    text: `${stays ? 'stays' : 'GOES'}: ${why[0] ?? ''}`,
  }));
  const texts = [...new Set(said.map(({ text }) => text.replace(/ at \S+ with/, ' with')))];
  return texts.length === 1 ? (texts[0] ?? '') : said.map(({ location, text }) => `${location} ${text}`).join('; ');
}

/** Step `restoreComponent`: one component of a recovery point onto one host, beside what is there, then switched in. */
import { z } from 'zod';
import { type Ahead, aheadSchema, type WarmMark } from '../../domain/databases/warm-copy.ts';
import { hostSchema } from '../../domain/host.ts';
import type { Component } from '../../domain/plan/component.ts';
import { runHostJob } from '../hosts/run-job.ts';
import { afterSync, standingCopy } from '../standby/standing-copy.ts';
import { defineStep } from '../step.ts';
import { restoreShell } from './by-hand.ts';
import { componentInput, nameOfPoint, pointOf, pointSource } from './component-input.ts';
import { driverFor } from './drivers.ts';
import { answerGets, getParams } from './get-urls.ts';
import { namingNextGood } from './next-good-point.ts';
import { openPoint } from './open-point.ts';

const input = z.object({
  service: z.string(),
  /** `sha256` is that of the manifest which the approver saw. */
  point: pointSource,
  component: componentInput,
  host: hostSchema,
  /** The site that restores; its key opens the point. */
  site: z.string(),
  /** Nearest first. */
  locations: z.array(z.string()).min(1),
  /** As in `RestoreOptions`: all of it, in place, as the point has it, where these are absent. */
  into: z.string().min(1).optional(),
  paths: z.array(z.string()).min(1).optional(),
  tables: z.array(z.string()).min(1).optional(),
  until: z.string().optional(),
  /** A copy may stand there, restored ahead: as the assessment found it. Looked at again; absent where none does. */
  ahead: aheadSchema.optional(),
});

export interface Restored {
  readonly outcome: string;
  /** What came back, and where. */
  readonly summary: string;
  readonly component: string;
  readonly entries: number;
  readonly bytes: number;
  /** Parts that the nearest location did not have right, and where they came from. */
  readonly repaired: { readonly part: string; readonly from: string; readonly why: string }[];
  /** What was there before, kept under these names. */
  readonly kept: string[];
  /** What is not as it was, or where it is. */
  readonly noted: string[];
  readonly takenAt: string;
}

const lineSchema = z.union([
  z.object({ type: z.literal('repaired'), part: z.string(), from: z.string(), why: z.string() }),
  z.object({ type: z.literal('kept'), path: z.string() }),
  z.object({ type: z.literal('noted'), what: z.string() }),
  z.object({ type: z.literal('reached'), until: z.string(), last: z.string() }),
  z.object({ type: z.literal('done-already') }),
  z.object({ type: z.literal('summary'), entries: z.number(), bytes: z.number() }),
]);
const undoLineSchema = z.union([
  z.object({ type: z.literal('put-back'), path: z.string() }),
  z.object({ type: z.literal('aside'), path: z.string() }),
  z.object({ type: z.literal('after-failed'), command: z.string(), why: z.string() }),
]);

export const restoreComponent = defineStep({
  kind: 'restoreComponent',
  version: 1,
  input,
  title: ({ component, host, point, into, paths, tables, until, ahead }) =>
    ahead
      ? titleAhead(ahead, component.name, host.name, nameOfPoint(point))
      : `Restore ${whatOf(component.name, paths ?? tables)} on ${host.name} from ${nameOfPoint(point)}${until ? ` and its log until ${until}` : ''}${into ? ` into ${into}` : ''}`,
  shell: ({ component, host, service, point, locations: [location = ''], into, paths }) =>
    restoreShell(component, host, { service, point: 'id' in point ? point.id : undefined, location, into, paths }),
  limits: { startToClose: 6 * 3_600_000 },
  /** That the point can be read and believed, and has the component; its key is not opened. */
  async check({ service, point: from, component, host, site, locations, ahead }, context) {
    const point = pointOf(from, context.outputs);
    if (ahead && (await standingCopy({ component, host }, point, context)))
      return { state: 'done', what: 'stands there, restored ahead' };
    const { record, stores } = await openPoint({ service, point, component: component.name, site, locations }, context);
    const archives = `${record.archives.length} ${record.archives.length === 1 ? 'archive' : 'archives'}`;
    return { state: 'ready', what: `${archives}, ${record.bytes} bytes, ${stores[0]?.location} first` };
  },
  async run({ service, point: from, component, host, site, locations, ahead, ...what }, context): Promise<Restored> {
    const point = pointOf(from, context.outputs);
    const standing = ahead && (await standingCopy({ component, host }, point, context));
    if (standing) return restoredAhead(component.name, host.name, standing);
    const wanted = { service, point, component: component.name, site, locations };
    const opened = await openPoint(wanted, context);
    const { record } = opened;
    const options = {
      run: context.run,
      point: point.id,
      secret: context.secret,
      storage: context.plan.storage,
      ...what,
    };
    const driver = driverFor(component);
    const parts = await driver.restore(component, record, options);
    const { until } = what;
    const log = until && (await driver.log?.(component, record, { service, site, until }, opened.stores, context));
    const source = log ? { ...opened, record: { ...record, archives: [...record.archives, ...log.archives] } } : opened;
    const [target, gets, keys] = await Promise.all([
      context.host(host),
      getParams(source),
      opened.keys(undefined, { host: host.name }),
    ]);
    const job = {
      script: parts.script,
      params: { ...parts.params, ...(log ? log.params : {}), ...gets },
      secrets: { ...parts.secrets, ...(log ? log.secrets : {}), ...keys },
      lock: lockOf(component, what.into),
    };
    const running = () => runHostJob(context, target, job, { onLine: answerGets(source) });
    // Whatever was found: a sync in the middle has taken the mark away already, and its lock is free only seconds after the lease is taken.
    const yields = ahead !== undefined || (component.standby?.strategy === 'warm' && what.into === undefined);
    const { results } = await (yields ? afterSync(context, running) : running()).catch(async (error: unknown) => {
      throw await namingNextGood(error, wanted, opened, context);
    });
    const seen = results.flatMap((line) => lineSchema.safeParse(line).data ?? []);
    const repaired = seen.flatMap((line) => (line.type === 'repaired' ? [line] : []));
    const [counted] = seen.flatMap((line) => (line.type === 'summary' ? [line] : []));
    const [reached] = seen.flatMap((line) => (line.type === 'reached' ? [line] : []));
    const already = seen.some((line) => line.type === 'done-already');
    const kept = seen.flatMap((line) => (line.type === 'kept' ? [line.path] : []));
    const takenAt = reached?.until ?? record.takenAt;
    return {
      summary: sentence(whatOf(component.name, what.paths ?? what.tables), {
        host: host.name,
        into: what.into,
        takenAt,
        kept,
      }),
      outcome: already ? 'done already' : [`restored${toWhen(reached)}`, ...describeRepairs(repaired)].join('; '),
      component: component.name,
      entries: counted?.entries ?? record.entries,
      bytes: counted?.bytes ?? record.bytes,
      repaired: repaired.map(({ part, from, why }) => ({ part, from, why })),
      kept,
      noted: [...new Set(seen.flatMap((line) => (line.type === 'noted' ? [line.what] : [])))],
      takenAt,
    };
  },
  /** What stood there before is renamed back. Needs no store: a point that turned out bad must not hold it up. */
  async undo({ point, component, host, into }, _before, context) {
    const parts = await driverFor(component).undo(component, {
      run: context.run,
      point: pointOf(point, context.outputs).id,
      into,
      secret: context.secret,
    });
    const { results } = await runHostJob(
      context,
      await context.host(host),
      { script: parts.script, params: parts.params, secrets: parts.secrets, lock: lockOf(component, into) },
      { part: 'undo' },
    );
    const seen = results.flatMap((line) => undoLineSchema.safeParse(line).data ?? []);
    const words = seen.map((line) => {
      if (line.type === 'put-back') return line.path;
      if (line.type === 'aside') return `what stood in the way is kept as ${line.path}`;
      return `but \`${line.command}\` failed: ${line.why}`;
    });
    return { outcome: words.join(', ') || 'nothing had been switched in yet' };
  },
});

/** Beside what is there, a restore takes nothing that a backup reads: neither must wait for the other, or fail for it. */
function lockOf({ name }: Pick<Component, 'name'>, into: string | undefined): string {
  return into === undefined ? `component-${name}` : `beside-${name}`;
}

/** Says which it will be: nothing fetched, or all of it. */
function titleAhead(ahead: Ahead, component: string, host: string, point: string): string {
  if (ahead === 'same')
    return `Confirm that ${component} of ${point} stands on ${host}, restored ahead; else restore it`;
  const why = ahead === 'other' ? 'all of it, over a warm copy of another point' : 'unless its warm copy is of it';
  return `Restore ${component} on ${host} from ${point}, ${why}`;
}

function restoredAhead(component: string, host: string, mark: WarmMark): Restored {
  const { takenAt, entries, bytes, at } = mark;
  return {
    outcome: `stood there, restored ahead at ${at}`,
    summary: `${component} stands on ${host} as it was at ${takenAt}, restored ahead at ${at}.`,
    ...{ component, entries, bytes, repaired: [], kept: [], noted: [], takenAt },
  };
}

/** `database is back on db-1 as it was at 2026-01-02T03:15:00Z; what was there is kept as shop_before_run-1.` */
function sentence(
  what: string,
  { host, into, takenAt, kept }: Pick<Restored, 'takenAt' | 'kept'> & { host: string; into?: string | undefined },
): string {
  const [first] = kept;
  const more = kept.length > 1 ? ` and ${kept.length - 1} more` : '';
  const before = first ? `; what was there is kept as ${first}${more}` : '';
  return `${what} is back on ${host}${into ? ` in ${into}` : ''} as it was at ${takenAt}${before}.`;
}

/** `configuration`, `/etc/nginx and 2 more of configuration` */
function whatOf(component: string, chosen: readonly string[] | undefined): string {
  if (!chosen) return component;
  const more = chosen.length > 1 ? ` and ${chosen.length - 1} more` : '';
  return `${chosen[0]}${more} of ${component}`;
}

/** `2 parts from company-backups, because company-backups-dr does not have it` */
function describeRepairs(repaired: Restored['repaired']): string[] {
  const [first] = repaired;
  if (!first) return [];
  const from = [...new Set(repaired.map((each) => each.from))].join(', ');
  const more = new Set(repaired.map(({ why }) => why)).size > 1 ? ' (and more)' : '';
  return [`${repaired.length} ${repaired.length === 1 ? 'part' : 'parts'} from ${from}, because ${first.why}${more}`];
}

/** ` to 2026-01-02T03:15:00Z (last change 2026-01-02T03:14:58Z)` */
function toWhen(reached: { until: string; last: string } | undefined): string {
  if (!reached) return '';
  return ` to ${reached.until}${reached.last ? ` (last change ${reached.last})` : ' (no change since the recovery point)'}`;
}

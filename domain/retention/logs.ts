/**
 * Which shipped batches of a log stay at a location: all from the one on in which the oldest kept recovery point stands, so that each
 * kept point leads to any later moment without a gap. Pure.
 */
import { z } from 'zod';
import type { LogRecord } from '../databases/log-record.ts';
import { formatDuration } from '../duration.ts';
import { type Manifest, timeOfPointId } from '../points/recovery-point.ts';
import type { StoredObject } from './archives.ts';

/** What one shipping left at one location. */
export interface LogBatch {
  readonly component: string;
  readonly batch: string;
  /** It has a record; without one it is what a shipping that was given up left. */
  readonly recorded: boolean;
  /** The record first. */
  readonly objects: readonly StoredObject[];
}

/** Where the log of a component is wanted from. */
export interface LogStart {
  readonly point: string;
  /** Of the dump's snapshot; ISO, UTC. */
  readonly takenAt: string;
}

export interface LogVerdict extends LogBatch {
  readonly location: string;
  readonly keep: boolean;
  readonly why: readonly string[];
}

export interface LogMoment {
  /** ms */
  readonly now: number;
  /** ms */
  readonly grace: number;
}

const replayable = z.object({ binlog: z.object({ file: z.string(), position: z.number() }) });

/** By component: the oldest snapshot that a log can be replayed onto. */
export function logStarts(manifests: Iterable<Pick<Manifest, 'id' | 'components'>>): Map<string, LogStart> {
  const starts = new Map<string, LogStart>();
  for (const { id, components } of manifests) {
    for (const { component, takenAt, details } of components) {
      if (!replayable.safeParse(details).success) continue;
      const oldest = starts.get(component);
      if (!oldest || Date.parse(takenAt) < Date.parse(oldest.takenAt)) starts.set(component, { point: id, takenAt });
    }
  }
  return starts;
}

/** Whether only its record says if a batch is needed: what was shipped after the snapshot follows it, whatever it says. */
export function mustBeRead({ batch, recorded }: LogBatch, start: LogStart | undefined): boolean {
  return recorded && start !== undefined && timeOfPointId(batch) < Date.parse(start.takenAt);
}

/**
 * @param batches  of one component at one location, oldest first
 * @param records  of those that must be read, as any location has them; absent where none is to be believed
 */
export function decideLogs(
  batches: readonly LogBatch[],
  location: string,
  { start, records }: { readonly start: LogStart | undefined; readonly records: ReadonlyMap<string, LogRecord> },
  { now, grace }: LogMoment,
): LogVerdict[] {
  const needed = start ? batches.findIndex((each) => reaches(each, start, records.get(each.batch))) : -1;
  const newest = batches.findLast(({ recorded }) => recorded);
  return batches.map((each, index): LogVerdict => {
    const changed = Math.max(...each.objects.map(({ modified }) => modified));
    const young = !(Math.min(now - timeOfPointId(each.batch), now - changed) >= grace);
    const keep = [
      ...(young ? [`newer than the grace time of ${formatDuration(grace)}`] : []),
      ...(each === newest ? ['the newest: what is shipped next follows it'] : []),
      ...(start && each.recorded && needed >= 0 && index >= needed ? [leadsFrom(start)] : []),
      ...(mustBeRead(each, start) && !records.has(each.batch) ? ['its record is not believed: a person decides'] : []),
    ];
    return { ...each, location, keep: keep.length > 0, why: keep.length > 0 ? keep : [gone(each, start)] };
  });
}

function leadsFrom({ point }: LogStart): string {
  return `leads on from ${point}, the oldest point that is kept`;
}

function gone({ recorded }: LogBatch, start: LogStart | undefined): string {
  if (!recorded) return 'left by a shipping that was given up';
  if (!start) return 'no point that is kept can be led on by it';
  return `ends before ${start.point}, the oldest point that is kept`;
}

/** In whole seconds, as the log has them. */
function reaches(each: LogBatch, start: LogStart, record: LogRecord | undefined): boolean {
  if (!each.recorded) return false;
  if (!mustBeRead(each, start)) return true;
  const second = Math.floor(Date.parse(start.takenAt) / 1000) * 1000;
  return record?.segments.some(({ to }) => Date.parse(to) >= second) ?? false;
}

/** Batches of one component at one location for which the same is true. */
export interface LogSummary extends Pick<LogVerdict, 'component' | 'location' | 'keep'> {
  readonly batches: number;
  readonly first: string;
  readonly last: string;
  readonly why: string;
}

/** A log of years has thousands of batches and few reasons. In the order of their first batch. */
export function summarizeLogs(verdicts: readonly LogVerdict[]): LogSummary[] {
  const alike = Map.groupBy(verdicts, ({ component, location, keep, why }) =>
    JSON.stringify([component, location, keep, why]),
  );
  return [...alike.values()].flatMap((all): LogSummary[] => {
    const [first, last] = [all[0], all.at(-1)];
    if (!first || !last) return [];
    const { component, location, keep } = first;
    const why = first.why.join('; ');
    return [{ component, location, keep, why, batches: all.length, first: first.batch, last: last.batch }];
  });
}

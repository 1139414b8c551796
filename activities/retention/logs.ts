/** Shipped logs as retention sees them: what lies at a location, what of it may go, and how it goes. */

import { logLayout } from '../../domain/databases/log-record.ts';
import { layout } from '../../domain/points/recovery-point.ts';
import type { StoredObject } from '../../domain/retention/archives.ts';
import {
  decideLogs,
  type LogBatch,
  type LogMoment,
  type LogVerdict,
  logStarts,
  mustBeRead,
} from '../../domain/retention/logs.ts';
import { readLogRecord } from '../logs/log-records.ts';
import { mapLimited } from '../points/map-limited.ts';
import type { PinnedSigners } from '../points/signer.ts';
import type { ObjectStore } from '../storage/store.ts';
import { erase } from './erase.ts';
import type { SurveyedPlace } from './survey.ts';
import type { Sweeping } from './sweep.ts';

/**
 * @param place   whose batches are judged
 * @param places  all of them, as they will be: a point at any of them may be replayed with what lies here
 */
export async function judgeLogs(
  place: SurveyedPlace,
  places: readonly SurveyedPlace[],
  signers: PinnedSigners,
  moment: LogMoment,
): Promise<LogVerdict[]> {
  // What a manifest needs that cannot be read is not known.
  if (places.some(({ unsure }) => unsure.length > 0)) return [];
  const recorded = new Set(places.flatMap(({ logs }) => logs.filter((each) => each.recorded).map(nameOf)));
  const starts = logStarts(places.flatMap(({ manifests }) => [...manifests.values()]));
  // A record that only another location has still makes use of the parts here.
  const here = place.logs.map((each) => ({ ...each, recorded: recorded.has(nameOf(each)) }));
  const verdicts = await Promise.all(
    [...Map.groupBy(here, ({ component }) => component)].map(async ([component, batches]) => {
      const start = starts.get(component);
      const log = layout.log(place.service, component);
      const looked = await mapLimited(
        batches.filter((each) => mustBeRead(each, start)),
        16,
        async ({ batch }) => await recordAnywhere([place, ...places], log, batch, signers),
      );
      const records = new Map(looked.flatMap((record) => (record ? [[record.batch, record] as const] : [])));
      return decideLogs(batches, place.store.location, { start, records }, moment);
    }),
  );
  return await withLocks(place.store, place.service, verdicts.flat());
}

function nameOf({ component, batch }: LogBatch): string {
  return `${component} ${batch}`;
}

async function recordAnywhere(places: readonly SurveyedPlace[], log: string, batch: string, signers: PinnedSigners) {
  for (const store of new Set(places.map((each) => each.store))) {
    const record = await readLogRecord(store, log, batch, signers);
    if (record) return record;
  }
  return undefined;
}

/** Asked only where a batch would go: its record under a lock keeps all of it. */
async function withLocks(store: ObjectStore, service: string, verdicts: LogVerdict[]): Promise<LogVerdict[]> {
  return await mapLimited(verdicts, 16, async (verdict) => {
    const record = logLayout.record(layout.log(service, verdict.component), verdict.batch);
    if (verdict.keep || !verdict.objects.some(({ key }) => key === record)) return verdict;
    const until = await store.lockedUntil?.(record);
    if (!until || until.getTime() <= Date.now()) return verdict;
    return { ...verdict, keep: true, why: [`locked by the store until ${until.toISOString()}`] };
  });
}

/** The record goes first and for good: from then on the batch is not there, and what is left of it is debris. */
export async function sweepLogs(store: ObjectStore, drops: readonly LogVerdict[], sweeping: Sweeping): Promise<void> {
  const { service, context, mayGoOn, count, kept } = sweeping;
  for (const { component, batch, recorded, objects } of drops) {
    context.heartbeat({ text: `deleting the log ${batch} of ${component}` });
    const log = layout.log(service, component);
    const record = logLayout.record(log, batch);
    const groups: [under: string, keys: Set<string>][] = [
      [record, new Set(objects.map(({ key }) => key).filter((key) => key === record))],
      [layout.signature(record), keysUnder(objects, layout.signature(record))],
      [layout.archive(log, batch), keysUnder(objects, layout.archive(log, batch))],
    ];
    let whole = true;
    for (const [under, keys] of groups) {
      const erased = await erase(store, under, keys, context, mayGoOn);
      const gone = new Set(erased.gone);
      count.objects += gone.size;
      count.bytes += objects.reduce((sum, { key, bytes }) => sum + (gone.has(key) ? bytes : 0), 0);
      kept.push(...erased.kept);
      if (erased.kept.length === 0) continue;
      whole = false;
      if (under === record) break;
    }
    if (whole && recorded) count.logs += 1;
  }
}

function keysUnder(objects: readonly StoredObject[], under: string): Set<string> {
  return new Set(objects.map(({ key }) => key).filter((key) => key.startsWith(under)));
}

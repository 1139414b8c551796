/** When somebody last acknowledged a test notice, by what was left of it in the storage locations. */
import { z } from 'zod';
import { layout } from '../../domain/recovery-point.ts';
import type { ObjectStore } from '../storage/store.ts';

/** `<service>/notices/test-*.json`; one that waits for its answer has no `acknowledgedAt`. */
const testNoticeSchema = z.object({ acknowledgedAt: z.iso.datetime().optional() });
/** Newest first; more unanswered ones in a row say enough. */
const looks = 10;

/** ISO; undefined where none was. Rejects where no location answers. */
export async function lastAcknowledged(stores: readonly ObjectStore[], service: string): Promise<string | undefined> {
  const asked = await Promise.allSettled(stores.map((store) => newestAt(store, service)));
  const answered = asked.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const [refused] = asked.flatMap((each) => (each.status === 'rejected' ? [each.reason as Error] : []));
  if (answered.length === 0 && refused) throw refused;
  return answered
    .flatMap((at) => at ?? [])
    .sort()
    .at(-1);
}

async function newestAt(store: ObjectStore, service: string): Promise<string | undefined> {
  const keys: string[] = [];
  for await (const { key } of store.list(layout.testNotices(service))) keys.push(key);
  for (const key of keys.sort().reverse().slice(0, looks)) {
    const { data } = testNoticeSchema.safeParse(JSON.parse((await store.get(key)).body.toString()));
    if (data?.acknowledgedAt) return data.acknowledgedAt;
  }
  return undefined;
}

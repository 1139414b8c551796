/** Results of test messages: kept in every storage location that answers, and read from there. */
import { type NoticeTestResult, noticeTestResultSchema } from '../../domain/notices/test.ts';
import type { SecretRef } from '../../domain/plan/values.ts';
import { layout } from '../../domain/points/recovery-point.ts';
import { loadPlan } from '../plans/load-plan.ts';
import type { Dependencies } from '../runtime/dependencies.ts';
import { resolveSecret } from '../secrets/resolve.ts';
import { openStore } from '../storage/open-store.ts';
import type { ObjectStore } from '../storage/store.ts';
import { withLimit } from '../waiting.ts';

/** ms a location may take. */
const limit = 8_000;
/** Results that are looked at, the newest. */
const newest = 50;

interface Places {
  readonly locations: readonly string[];
  store(location: string): Promise<ObjectStore>;
}

/** Activity `keepNoticeTest`, in the locations of the plan. */
export async function keepNoticeTestWith(result: NoticeTestResult, { plans }: Dependencies): Promise<string[]> {
  const { plan } = await loadPlan(plans.folder, result.service, { overlays: [...plans.overlays] });
  const secret = (ref: SecretRef) => resolveSecret(ref, plans.folder);
  const locations = Object.keys(plan.storage);
  return await keepNoticeTest(result, { locations, store: (location) => openStore(plan, location, secret) });
}

/** Out: the locations that have it. Safe to repeat: the same result is the same object. */
export async function keepNoticeTest(result: NoticeTestResult, { locations, store }: Places): Promise<string[]> {
  const key = layout.noticeTest(result.service, result.at);
  const body = Buffer.from(`${JSON.stringify(result, null, 2)}\n`);
  const kept = await Promise.allSettled(
    locations.map((location) => withLimit(limit, undefined, async () => (await store(location)).put(key, body))),
  );
  return locations.filter((_, index) => kept[index]?.status === 'fulfilled');
}

/** Each result once, from all places that answer; `unread` names the others. Never rejects for a place that is down. */
export async function readNoticeTests(
  service: string,
  stores: readonly ObjectStore[],
): Promise<{
  readonly results: NoticeTestResult[];
  readonly unread: { readonly location: string; readonly why: string }[];
}> {
  const results = new Map<string, NoticeTestResult>();
  const unread: { location: string; why: string }[] = [];
  await Promise.all(
    stores.map(async (store) => {
      try {
        await withLimit(limit, undefined, async () => {
          const keys: string[] = [];
          for await (const { key } of store.list(layout.noticeTests(service))) keys.push(key);
          for (const key of keys.toSorted().slice(-newest)) {
            const { body } = await store.get(key);
            const result = noticeTestResultSchema.parse(JSON.parse(body.toString('utf8')));
            results.set(result.at, result);
          }
        });
      } catch (error) {
        unread.push({ location: store.location, why: error instanceof Error ? error.message : String(error) });
      }
    }),
  );
  return { results: [...results.values()], unread };
}

/**
 * Remembers in the storage locations which receivers took a notice and which did not: two small objects a receiver and location, so that a
 * restart of everything forgets nothing. What cannot be written down is left: nobody is told later for it.
 */
import {
  type KeptReach,
  missedAgain,
  missedSchema,
  type ReceiverReach,
  reachedSchema,
  reachOf,
} from '../../domain/notices/reach.ts';
import type { Plan } from '../../domain/plan/plan.ts';
import type { SecretRef } from '../../domain/plan/values.ts';
import { layout } from '../../domain/points/recovery-point.ts';
import type { Delivery } from '../../domain/run/protocol.ts';
import { mapLimited } from '../points/map-limited.ts';
import { openStore } from '../storage/open-store.ts';
import type { ObjectStore, StoreOptions } from '../storage/store.ts';
import { withLimit } from '../waiting.ts';

/** ms a location may take. */
const limit = 8_000;
const mostBytes = 64 * 1024;
const sideBySide = 8;
const storeOptions: StoreOptions = { requestTimeout: 5_000, maxAttempts: 2 };

interface Told {
  readonly service: string;
  readonly event: string;
  /** ISO */
  readonly at: string;
  readonly deliveries: readonly Pick<Delivery, 'name' | 'sent' | 'why'>[];
}

/** Places of a plan, each with what opens it. */
export function placesOf(plan: Plan, secret: (ref: SecretRef) => Promise<string>): (() => Promise<ObjectStore>)[] {
  return Object.keys(plan.storage).map((location) => () => openStore(plan, location, secret, storeOptions));
}

/** Answers how many locations have it. Never rejects; to be waited for by nobody who tells people. */
export async function keepReach(told: Told, places: readonly (() => Promise<ObjectStore>)[]): Promise<number> {
  if (told.deliveries.length === 0) return 0;
  const kept = await Promise.allSettled(
    places.map((open) =>
      withLimit(limit, undefined, async () => {
        const store = await open();
        try {
          for (const delivery of told.deliveries) await keepOne(store, told, delivery);
        } finally {
          store.close?.();
        }
      }),
    ),
  );
  return kept.filter(({ status }) => status === 'fulfilled').length;
}

async function keepOne(store: ObjectStore, { service, event, at }: Told, delivery: Told['deliveries'][number]) {
  const { name, sent, why } = delivery;
  const key = layout.noticeReach(service, name, sent ? 'reached' : 'missed');
  const said = sent ? { at, event } : missedAgain(await readOne(store, service, name), at, why);
  await store.put(key, Buffer.from(`${JSON.stringify(said)}\n`));
}

/**
 * Of these receivers, those of which anything is known. A location that does not answer says nothing; undefined where none answers.
 *
 * @param receivers  names, as in the plan
 */
export async function readReach(
  service: string,
  receivers: readonly string[],
  stores: readonly ObjectStore[],
): Promise<ReceiverReach[] | undefined> {
  const asked = await Promise.allSettled(
    stores.map((store) =>
      withLimit(limit, undefined, async () => {
        const known = new Set<string>();
        for await (const { key } of store.list(layout.noticeReaches(service))) known.add(key.split('/').at(-2) ?? '');
        const found = receivers.filter((name) => known.has(name));
        return await mapLimited(found, sideBySide, async (name) => ({
          name,
          kept: await readOne(store, service, name),
        }));
      }),
    ),
  );
  const answers = asked.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  if (answers.length === 0) return undefined;
  return receivers.flatMap((receiver) => {
    const kept = answers.flat().flatMap((each) => (each.name === receiver ? [each.kept] : []));
    return kept.length > 0 ? [reachOf(receiver, kept)] : [];
  });
}

async function readOne(store: ObjectStore, service: string, name: string): Promise<KeptReach> {
  const [reached, missed] = await Promise.all(
    (['reached', 'missed'] as const).map((what) => readIfThere(store, layout.noticeReach(service, name, what))),
  );
  return { reached: reachedSchema.safeParse(reached).data, missed: missedSchema.safeParse(missed).data };
}

/** Undefined where there is none, and for what nobody can read: the next one is written over it. */
async function readIfThere(store: ObjectStore, key: string): Promise<unknown> {
  if (!(await store.head(key))) return undefined;
  const { body } = await store.get(key, mostBytes);
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

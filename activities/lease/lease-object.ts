/** Reading and writing `lease.json` at one location: changed only with If-Match, timed by the store's own clock. */
import { Refusal, refusal } from '../../domain/errors.ts';
import { layout } from '../../domain/points/recovery-point.ts';
import { type Lease, leaseSchema } from '../../domain/run/lease.ts';
import type { ObjectStore } from '../storage/store.ts';

export interface SeenLease {
  readonly lease?: Lease;
  /** Null where there is none: what `writeLease` is given back. */
  readonly etag: string | null;
  /** Something lies there that is no lease. */
  readonly nonsense?: true;
}

/** @throws LeaseUnreadable where the object is no lease; whatever the store throws */
export async function readLease(store: ObjectStore, service: string): Promise<SeenLease> {
  const seen = await readAnyLease(store, service);
  if (!seen.nonsense) return seen;
  throw refusal(
    'LeaseUnreadable',
    `${layout.lease(service)} at ${store.location} is no lease that this build understands.`,
    `look at it and at who wrote it; muster takeover ${service} --reason WHY writes a new one.`,
  );
}

/** The same, also where what lies there is no lease: for a person who writes a new one. */
export async function readAnyLease(store: ObjectStore, service: string): Promise<SeenLease> {
  let found: { body: Buffer; etag: string };
  try {
    found = await store.get(layout.lease(service), 65_536);
  } catch (error) {
    if (error instanceof Refusal && error.type === 'ObjectNotFound') return { etag: null };
    throw error;
  }
  const parsed = leaseSchema.safeParse(jsonOf(found.body));
  return parsed.success ? { lease: parsed.data, etag: found.etag } : { etag: found.etag, nonsense: true };
}

/** `lost` when somebody else wrote it since it was read. */
export async function writeLease(
  store: ObjectStore,
  lease: Lease,
  etag: string | null,
): Promise<{ outcome: 'written' | 'lost'; etag?: string }> {
  const body = Buffer.from(`${JSON.stringify(leaseSchema.parse(lease))}\n`);
  return await store.putIfMatch(layout.lease(lease.service), body, etag);
}

/** ms since the epoch as the store has it, to the second: it stamps what it is given. */
export async function storeTime(store: ObjectStore, service: string): Promise<number> {
  const key = layout.leaseClock(service);
  await store.put(key, Buffer.from('asked for the time\n'));
  const seen = await store.head(key);
  if (seen) return seen.modified.getTime();
  throw refusal(
    'LeaseUnreadable',
    `${store.location} did not keep ${key}.`,
    'check that the location keeps what is written to it.',
  );
}

function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}

/** Taking, renewing, giving back and taking away the lease at one location. Each is a read and one conditional write. */
import { refusal } from '../../domain/errors.ts';
import { describeHolder, isOver, judgeTake, type Lease, stillHeld } from '../../domain/run/lease.ts';
import { passing } from '../aws/errors.ts';
import type { ObjectStore } from '../storage/store.ts';
import { readAnyLease, readLease, storeTime, writeLease } from './lease-object.ts';

export interface Wanted {
  readonly service: string;
  readonly run: string;
  readonly procedure: string;
  readonly holder: string;
  /** ms that it holds without being renewed. */
  readonly term: number;
}

/** Writers that come between a read and its write before this gives up for now. */
const tries = 5;

/**
 * Takes it, or finds that this run holds it already. Safe to run twice.
 *
 * @throws LeaseHeld while another holder's time is not up; LeaseContended (passing) when others keep writing
 */
export async function takeLease(store: ObjectStore, wanted: Wanted): Promise<{ generation: number; already: boolean }> {
  for (let attempt = 0; attempt < tries; attempt += 1) {
    const now = await storeTime(store, wanted.service);
    const { lease, etag } = await readLease(store, wanted.service);
    const verdict = judgeTake(lease, wanted.run, now);
    if (verdict.state === 'ours') return { generation: verdict.generation, already: true };
    if (verdict.state === 'held') throw held(store.location, wanted.service, verdict.by);
    const next = newLease(wanted, verdict.generation, now);
    if ((await writeLease(store, next, etag)).outcome === 'written')
      return { generation: verdict.generation, already: false };
  }
  throw contended(store.location);
}

/**
 * Moves `until` on, and says whether the service is served again.
 *
 * @throws LeaseLost when somebody else has it
 */
export async function renewLease(
  store: ObjectStore,
  hold: { service: string; run: string; generation: number; term: number; settled: boolean },
): Promise<void> {
  for (let attempt = 0; attempt < tries; attempt += 1) {
    const now = await storeTime(store, hold.service);
    const { lease, etag } = await readLease(store, hold.service);
    if (!lease || !stillHeld(lease, hold.run, hold.generation)) throw lost(store.location, hold.service, lease);
    const next = { ...lease, until: new Date(now + hold.term).toISOString(), settled: lease.settled || hold.settled };
    if ((await writeLease(store, next, etag)).outcome === 'written') return;
  }
  throw contended(store.location);
}

/** Gives it back. Where somebody else has it by now there is nothing to give back. */
export async function releaseLease(
  store: ObjectStore,
  hold: { service: string; run: string; generation: number },
): Promise<'released' | 'not ours'> {
  for (let attempt = 0; attempt < tries; attempt += 1) {
    const now = await storeTime(store, hold.service);
    const { lease, etag } = await readLease(store, hold.service);
    if (!lease || !stillHeld(lease, hold.run, hold.generation)) return 'not ours';
    const next = { ...lease, released: new Date(now).toISOString() };
    if ((await writeLease(store, next, etag)).outcome === 'written') return 'released';
  }
  throw contended(store.location);
}

/**
 * Takes it away from whoever holds it and leaves it free, one generation on: what that holder still tries finds it gone.
 *
 * @returns the run that held it, or `something that is no lease`; undefined where nobody did
 */
export async function takeLeaseAway(
  store: ObjectStore,
  { service, by, reason }: { service: string; by: string; reason: string },
): Promise<string | undefined> {
  for (let attempt = 0; attempt < tries; attempt += 1) {
    const now = await storeTime(store, service);
    const { lease, etag, nonsense } = await readAnyLease(store, service);
    if (!nonsense && (!lease || lease.released)) return undefined;
    const from = lease ? lease.run : 'something that is no lease';
    const at = new Date(now).toISOString();
    const next: Lease = {
      ...newLease(
        { service, run: `takeover-${at}`, procedure: 'takeover', holder: by, term: 0 },
        (lease?.generation ?? 0) + 1,
        now,
      ),
      released: at,
      takenOver: { from, by, reason },
    };
    if ((await writeLease(store, next, etag)).outcome === 'written') return from;
  }
  throw contended(store.location);
}

/** Who holds it and makes backups, retention and drills stand aside; undefined where nobody does. */
export async function leaseInForce(store: ObjectStore, service: string): Promise<Lease | undefined> {
  const { lease } = await readLease(store, service);
  if (!lease || lease.released) return undefined;
  return isOver(lease, await storeTime(store, service)) ? undefined : lease;
}

function newLease(wanted: Wanted, generation: number, now: number): Lease {
  const { service, run, procedure, holder, term } = wanted;
  const [since, until] = [new Date(now).toISOString(), new Date(now + term).toISOString()];
  return { format: 1, service, generation, run, procedure, holder, since, until, settled: false };
}

function held(location: string, service: string, by: Lease) {
  return refusal(
    'LeaseHeld',
    `The lease of ${service} at ${location} is held by ${describeHolder(by)}.`,
    `wait for that run or abort it; if it was terminated or is a script that ended, muster takeover ${service} --reason WHY, then retry the step.`,
  );
}

export function lost(location: string, service: string, present: Lease | undefined) {
  return refusal(
    'LeaseLost',
    `This run no longer holds the lease of ${service} at ${location}: ${present ? describeHolder(present) : 'there is none'} does. Nothing was changed by this attempt.`,
    `look at that run; if this one is the right one, muster takeover ${service} --reason WHY and start it again.`,
  );
}

function contended(location: string) {
  return passing('LeaseContended', `Others keep writing the lease at ${location}.`, 'wait: it is tried again.');
}

/** Deletes envelopes that somebody can open who is no recipient any more, where a newer one is known to be good. */
import { Refusal } from '../../domain/errors.ts';
import { layout } from '../../domain/points/recovery-point.ts';
import type { SealedTo } from '../../domain/points/sealed-key.ts';
import type { ObjectStore, ObjectVersion } from '../storage/store.ts';
import { type EnvelopesAt, envelopesAt, readEnvelope } from './envelopes.ts';
import type { KeyPoint } from './key-points.ts';
import { mapLimited } from './map-limited.ts';
import { isEverywhere, type Resealing, sealedAlready } from './reseal.ts';

/** Out: how many were deleted, and a sentence about what a lock keeps. */
export async function dropEnvelopes(
  points: readonly KeyPoint[],
  work: Resealing,
): Promise<{ count: number; note: string }> {
  const kept = new Set<string>();
  const counts = await mapLimited(points, 4, async (point) => await dropOf(point, work, kept));
  const locked = [...kept].sort();
  const note =
    locked.length > 0
      ? `At ${locked.join(', ')} a lock is on them: they can be read as old versions until it ends; rotate with --drop-old again then.`
      : '';
  return { count: counts.reduce((sum, each) => sum + each, 0), note };
}

async function dropOf({ named, under, stores }: KeyPoint, work: Resealing, kept: Set<string>): Promise<number> {
  const { signers, recipients, context } = work;
  const seen = await Promise.all(stores.map((store) => envelopesAt(store, under, named, signers)));
  const newest = sealedAlready(seen, recipients);
  // Never the last one that opens: the new one is read back, at every location, first.
  if (!newest || !isEverywhere(seen, newest)) return 0;
  for (const { store } of seen) if ((await readEnvelope(store, newest)) === undefined) return 0;
  let count = 0;
  for (const at of seen) {
    for (const n of former(at, recipients, newest.n)) {
      context.heartbeat({ text: `deleting envelopes of ${named.point}` });
      context.assertCurrent();
      const what = await drop(at.store, under, named.point, n);
      if (what !== 'none') count += 1;
      if (what === 'locked') kept.add(at.store.location);
    }
  }
  return count;
}

/** Numbers of the envelopes that open for somebody else; those that nobody vouches for are debris and go too. */
function former({ envelopes, highest }: EnvelopesAt, recipients: readonly SealedTo[], newest: number): number[] {
  const ours = new Set(recipients.map(({ sha256 }) => sha256));
  const keep = envelopes.filter((each) => each.recipients.every(({ sha256 }) => ours.has(sha256))).map(({ n }) => n);
  const all = Array.from({ length: highest }, (_, index) => index + 1);
  return all.filter((n) => n !== newest && !keep.includes(n));
}

/** What is said of it first: without that it is not looked at any more. `locked`: a version of it stays for a while. */
async function drop(
  store: ObjectStore,
  service: string,
  point: string,
  n: number,
): Promise<'gone' | 'locked' | 'none'> {
  const sealing = layout.sealing(service, point, n);
  const done: ('gone' | 'locked' | 'none')[] = [];
  for (const key of [sealing, layout.signature(sealing), layout.sealedKey(service, point, n)])
    done.push(await deleteForGood(store, key));
  if (done.includes('locked')) return 'locked';
  return done.includes('gone') ? 'gone' : 'none';
}

/** Hidden at once; then every version that no lock keeps, and the markers that hid them last. */
async function deleteForGood(store: ObjectStore, key: string): Promise<'gone' | 'locked' | 'none'> {
  const there = (await store.head(key)) !== undefined;
  if (there && !(await allowed(() => store.delete(key)))) return 'locked';
  if (!store.versions || !store.deleteVersion) return there ? 'gone' : 'none';
  const versions: ObjectVersion[] = [];
  for await (const version of store.versions(key)) if (version.key === key) versions.push(version);
  let locked = false;
  for (const { versionId } of versions.filter(({ marker }) => !marker))
    if (!(await allowed(async () => await store.deleteVersion?.(key, versionId)))) locked = true;
  if (locked) return 'locked';
  for (const { versionId } of versions.filter(({ marker }) => marker)) await store.deleteVersion(key, versionId);
  return versions.length > 0 ? 'gone' : 'none';
}

/** False where a lock forbids it. */
async function allowed(remove: () => Promise<void>): Promise<boolean> {
  try {
    await remove();
    return true;
  } catch (error) {
    if (error instanceof Refusal && ['ObjectLocked', 'LockRefused'].includes(error.type)) return false;
    throw error;
  }
}

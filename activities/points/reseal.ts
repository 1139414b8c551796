/** Seals the private key of one point to other recipients: a new small object at every location; no data is touched. */
import { refusal } from '../../domain/errors.ts';
import { layout } from '../../domain/points/recovery-point.ts';
import type { SealedTo, Sealing } from '../../domain/points/sealed-key.ts';
import type { StepContext } from '../context.ts';
import type { ObjectStore } from '../storage/store.ts';
import { type Envelope, type EnvelopesAt, envelopesAt, type NamedKey, readEnvelope } from './envelopes.ts';
import { type Recipient, seal } from './keys.ts';
import { openPointKey } from './point-key.ts';
import { type PinnedSigners, type Signer, sha256Of } from './signer.ts';
import { type SiteKeys, unsealWith } from './site-keys.ts';

export interface Resealing {
  readonly service: string;
  readonly recipients: readonly Recipient[];
  readonly keys: SiteKeys;
  readonly signer: Signer;
  readonly signers: PinnedSigners;
  readonly context: StepContext;
}

/** Envelope, what is said of it, and the signature over that: the same bytes at every location. */
interface Sealed {
  readonly n: number;
  readonly envelope: Buffer;
  readonly sealing: Buffer;
  readonly signature: Buffer;
}

/** The newest envelope of a point at every location, where it is sealed to exactly these recipients. */
export function sealedAlready(seen: readonly EnvelopesAt[], recipients: readonly SealedTo[]): Envelope | undefined {
  const newest = newestOf(seen);
  return newest && sameRecipients(newest.recipients, recipients) ? newest : undefined;
}

export function sameRecipients(some: readonly SealedTo[], others: readonly SealedTo[]): boolean {
  const set = (all: readonly SealedTo[]) => JSON.stringify([...new Set(all.map(({ sha256 }) => sha256))].sort());
  return set(some) === set(others);
}

export function newestOf(seen: readonly EnvelopesAt[]): Envelope | undefined {
  return seen.flatMap(({ envelopes }) => envelopes).sort((a, b) => b.n - a.n)[0];
}

/** The same newest envelope lies at every location. */
export function isEverywhere(seen: readonly EnvelopesAt[], envelope: Envelope): boolean {
  return seen.every(({ envelopes }) => envelopes[0]?.sha256 === envelope.sha256);
}

/**
 * Afterwards every one of these locations has the same newest envelope, sealed to the recipients. Safe to be run again: what
 * an interrupted attempt left half is passed over, what is done already is only copied to where it is missing.
 */
export async function resealPointKey(
  named: NamedKey,
  stores: readonly ObjectStore[],
  work: Resealing,
): Promise<'re-sealed' | 'copied' | 'done already'> {
  const { service, recipients, signers, context } = work;
  const look = () => Promise.all(stores.map((store) => envelopesAt(store, service, named, signers)));
  const seen = await look();
  const good = copyable(seen, recipients);
  if (good && isEverywhere(seen, good)) return 'done already';
  const sealed = good ? await readSealed(named, good, seen, work) : await sealAnew(named, seen, work);
  for (const store of stores) await putSealed(store, named.point, sealed, work);
  const after = await look();
  const newest = sealedAlready(after, recipients);
  if (newest && isEverywhere(after, newest)) return good ? 'copied' : 're-sealed';
  context.log('another run seals the same point', { point: named.point });
  throw new Error(`The sealed keys of ${named.point} are not the same everywhere yet.`);
}

/** Good already somewhere, and its number is not taken by something else where it is missing. */
function copyable(seen: readonly EnvelopesAt[], recipients: readonly SealedTo[]): Envelope | undefined {
  const good = sealedAlready(seen, recipients);
  const free = seen.every(
    ({ envelopes, highest }) => highest < (good?.n ?? 0) || envelopes[0]?.sha256 === good?.sha256,
  );
  return free ? good : undefined;
}

async function sealAnew(named: NamedKey, seen: readonly EnvelopesAt[], work: Resealing): Promise<Sealed> {
  const { service, recipients, keys, signer, signers, context } = work;
  const stores = seen.map(({ store }) => store);
  const privateKey = await openPointKey(named, service, stores, signers, keys);
  const envelope = await seal(privateKey, recipients);
  // What this site cannot open itself it must not leave behind as the newest.
  const opened = await unsealWith(envelope, keys);
  const same = opened.equals(privateKey);
  for (const each of [privateKey, opened]) each.fill(0);
  if (!same) {
    throw refusal(
      'KeyMissing',
      `The key of ${keys.site} opens something else.`,
      'check `certificate` and `key` of the site.',
    );
  }
  const n = Math.max(...seen.map(({ highest }) => highest), 1) + 1;
  const content: Sealing = {
    format: 1,
    service,
    point: named.point,
    n,
    sha256: sha256Of(envelope),
    recipients: recipients.map(({ name, sha256 }) => ({ name, sha256 })),
    at: new Date().toISOString(),
    run: context.run,
    replaces: newestOf(seen)?.n ?? 1,
  };
  const sealing = Buffer.from(`${JSON.stringify(content)}\n`);
  return { n, envelope, sealing, signature: signer.sign(sealing) };
}

/** From the location that has it, for those that do not. */
async function readSealed(
  { point }: NamedKey,
  { n, key, sha256 }: Envelope,
  seen: readonly EnvelopesAt[],
  { service }: Resealing,
): Promise<Sealed> {
  const sealingKey = layout.sealing(service, point, n);
  for (const { store, envelopes } of seen) {
    if (!envelopes.some((each) => each.sha256 === sha256)) continue;
    const envelope = await readEnvelope(store, { key, sha256 });
    if (!envelope) continue;
    // The first envelope is vouched for by the manifest.
    if (n === 1) return { n, envelope, sealing: Buffer.alloc(0), signature: Buffer.alloc(0) };
    const [sealing, signature] = await Promise.all([store.get(sealingKey), store.get(layout.signature(sealingKey))]);
    return { n, envelope, sealing: sealing.body, signature: signature.body };
  }
  throw refusal('KeyMissing', `${key} was changed where it lies.`, 'delete it there and rotate again.');
}

/** The envelope, then the signature, then what it signs: this one is looked for. */
async function putSealed(
  store: ObjectStore,
  point: string,
  sealed: Sealed,
  { service, context }: Resealing,
): Promise<void> {
  const key = layout.sealedKey(service, point, sealed.n);
  const sealing = layout.sealing(service, point, sealed.n);
  const lock = context.plan.storage[store.location]?.lock;
  const objects = [
    { key, bytes: sealed.envelope },
    { key: layout.signature(sealing), bytes: sealed.signature },
    { key: sealing, bytes: sealed.sealing },
  ].filter(({ bytes }) => bytes.length > 0);
  for (const { key, bytes } of objects) {
    context.assertCurrent();
    const { versionId, outcome } = await store.putIfAbsent(key, bytes);
    if (lock && outcome === 'created') await store.retainUntil?.(key, versionId, new Date(Date.now() + lock.for));
  }
}

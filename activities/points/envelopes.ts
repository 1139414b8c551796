/**
 * The envelopes of a point's private key at one location: the one that its manifest names, and later ones, each with a signed
 * `key-<n>.json` beside it. All of one point hold the same key; they differ in who can open them.
 */
import { Refusal } from '../../domain/errors.ts';
import { layout, type Manifest } from '../../domain/points/recovery-point.ts';
import { type Sealing, sealingSchema } from '../../domain/points/sealed-key.ts';
import type { ObjectStore } from '../storage/store.ts';
import { type PinnedSigners, sha256Of } from './signer.ts';

/** As a manifest names it. */
export type NamedKey = Manifest['keys'][number];

export interface Envelope {
  readonly n: number;
  readonly key: string;
  /** What it must have, hex. */
  readonly sha256: string;
  readonly recipients: NamedKey['recipients'];
}

export interface EnvelopesAt {
  readonly store: ObjectStore;
  /** Newest first; only those that a pinned signer vouches for and that are there. */
  readonly envelopes: readonly Envelope[];
  /** The highest number that anything here has: the next one is free. */
  readonly highest: number;
}

/** Sealed keys and what is said of them are small. */
export const envelopeLimit = 1_048_576;

export async function envelopesAt(
  store: ObjectStore,
  service: string,
  named: NamedKey,
  signers: PinnedSigners,
): Promise<EnvelopesAt> {
  const there = new Set<string>();
  for await (const { key } of store.list(layout.sealedKeys(service, named.point))) there.add(key);
  const numbers = [...there].flatMap((key) => /\/key-(\d+)\.(?:cms|json)$/.exec(key)?.[1] ?? []).map(Number);
  const later = [...new Set(numbers)].map((n) => vouchedFor(store, { service, point: named.point, n }, there, signers));
  const envelopes = (await Promise.all(later)).flatMap((sealing) => (sealing ? [envelopeOf(service, sealing)] : []));
  const first = there.has(named.key) ? [{ n: numberOf(named.key), ...named }] : [];
  return {
    store,
    envelopes: [...first, ...envelopes].sort((a, b) => b.n - a.n),
    highest: Math.max(0, ...numbers),
  };
}

function envelopeOf(service: string, { point, n, sha256, recipients }: Sealing): Envelope {
  return { n, key: layout.sealedKey(service, point, n), sha256, recipients };
}

function numberOf(key: string): number {
  return Number(/key-(\d+)\.cms$/.exec(key)?.[1] ?? 1);
}

/** Undefined for what somebody else put there, and for what an interrupted attempt left. */
async function vouchedFor(
  store: ObjectStore,
  wanted: { service: string; point: string; n: number },
  there: ReadonlySet<string>,
  signers: PinnedSigners,
): Promise<Sealing | undefined> {
  const { service, point, n } = wanted;
  const key = layout.sealing(service, point, n);
  if (![key, layout.signature(key), layout.sealedKey(service, point, n)].every((each) => there.has(each)))
    return undefined;
  try {
    const [{ body }, signature] = await Promise.all([
      store.get(key, envelopeLimit),
      store.get(layout.signature(key), 1024),
    ]);
    if (!signers.signedBy(body, signature.body)) return undefined;
    const { data } = sealingSchema.safeParse(JSON.parse(body.toString()));
    return data?.service === service && data.point === point && data.n === n ? data : undefined;
  } catch (error) {
    // Deleted in between, rotten, or not JSON.
    if (error instanceof SyntaxError || isNotGood(error)) return undefined;
    throw error;
  }
}

/** The bytes, or undefined where they are absent or not those that were vouched for. */
export async function readEnvelope(
  store: ObjectStore,
  { key, sha256 }: Pick<Envelope, 'key' | 'sha256'>,
): Promise<Buffer | undefined> {
  try {
    const { body } = await store.get(key, envelopeLimit);
    return sha256Of(body) === sha256 ? body : undefined;
  } catch (error) {
    if (isNotGood(error)) return undefined;
    throw error;
  }
}

/** What one object is says nothing of the location and of the others there. */
function isNotGood(error: unknown): boolean {
  return error instanceof Refusal && (error.type === 'ObjectNotFound' || error.type === 'ObjectDamaged');
}

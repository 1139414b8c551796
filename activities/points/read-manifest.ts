/** Reads a recovery point's manifest from the nearest location that has a good one. Nothing in it is believed before its signature. */
import { Refusal, refusal } from '../../domain/errors.ts';
import { layout, type Manifest, manifestSchema } from '../../domain/points/recovery-point.ts';
import type { ObjectStore } from '../storage/store.ts';
import { type PinnedSigners, sha256Of } from './signer.ts';

export interface FoundManifest {
  readonly manifest: Manifest;
  readonly bytes: Buffer;
  /** SHA-256 of the bytes, hex: pins the point. */
  readonly sha256: string;
  readonly location: string;
}

/** Manifests of very large points are still small; more than this is not one. */
const manifestLimit = 256 * 1024 * 1024;

/**
 * @param pinned  hash that was shown to the people who approved; anything else is refused
 *
 * Refusals: `PointNotFound`, `ManifestTruncated`, `SignerUnknown`, `ManifestTampered`; faults where a store does not answer.
 */
export async function readManifest(
  stores: readonly ObjectStore[],
  service: string,
  point: { readonly id: string; readonly sha256?: string },
  signers: PinnedSigners,
): Promise<FoundManifest> {
  const troubles: unknown[] = [];
  for (const store of stores) {
    try {
      const found = await readManifestAt(store, service, point.id, signers);
      if (point.sha256 === undefined || found.sha256 === point.sha256) return found;
      throw tampered(store.location, point.id, `has SHA-256 ${found.sha256}, and the run is bound to ${point.sha256}`);
    } catch (error) {
      troubles.push(error);
    }
  }
  // A passing fault first: it may go away. Then what is worse than being absent.
  const passing = troubles.find((trouble) => !(trouble instanceof Refusal));
  const worse = troubles.find((trouble) => trouble instanceof Refusal && trouble.type !== 'PointNotFound');
  throw passing ?? worse ?? troubles[0] ?? notFound(service, point.id, 'any storage location');
}

/** The manifest at one location. */
export async function readManifestAt(
  store: ObjectStore,
  service: string,
  id: string,
  signers: PinnedSigners,
): Promise<FoundManifest> {
  const key = layout.manifest(service, id);
  const [bytes, signature] = await Promise.all([
    read(store, key, manifestLimit),
    read(store, layout.manifestSignature(service, id), 1024),
  ]);
  if (!bytes) throw notFound(service, id, store.location);
  const manifest = checkManifest(bytes, signature, { id, service, location: store.location }, signers);
  return { manifest, bytes, sha256: sha256Of(bytes), location: store.location };
}

/** Pure: bytes and signature in, manifest out, or the refusal that says what is wrong with them. */
export function checkManifest(
  bytes: Buffer,
  signature: Buffer | undefined,
  { id, service, location }: { id: string; service: string; location: string },
  signers: PinnedSigners,
): Manifest {
  const json = parseJson(bytes);
  if (json === undefined) {
    throw refusal(
      'ManifestTruncated',
      `The manifest of ${service} ${id} at ${location} is cut off or not JSON (${bytes.length} bytes).`,
      'use the copy at another location, or another recovery point.',
    );
  }
  const by = signature && signers.signedBy(bytes, signature);
  if (!by) {
    const claimed = String((json as { signer?: unknown } | null)?.signer ?? 'nobody');
    if (signature && !signers.fingerprints.includes(claimed)) {
      throw refusal(
        'SignerUnknown',
        `The manifest of ${service} ${id} at ${location} is signed by ${claimed.slice(0, 64)}, whom the plan does not pin.`,
        'do not use it before you know who wrote it; a signer you trust belongs into `signer.pinned` of the plan.',
      );
    }
    throw tampered(location, id, signature ? 'does not fit its signature' : 'has no signature');
  }
  const parsed = manifestSchema.safeParse(json);
  if (!parsed.success) {
    throw refusal(
      'ManifestUnreadable',
      `The manifest of ${service} ${id} at ${location} is not of a format this build knows: ${parsed.error.issues[0]?.path.join('.')}.`,
      'use a build of Muster that wrote such points; RESTORE.md beside it needs none.',
    );
  }
  const { data } = parsed;
  if (data.id !== id || data.service !== service || data.signer !== by) {
    throw tampered(location, id, `is that of ${data.service} ${data.id}, put under another name`);
  }
  return data;
}

async function read(store: ObjectStore, key: string, limit: number): Promise<Buffer | undefined> {
  try {
    return (await store.get(key, limit)).body;
  } catch (error) {
    if (error instanceof Refusal && error.type === 'ObjectNotFound') return undefined;
    throw error;
  }
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}

function tampered(location: string, id: string, how: string): Refusal {
  return refusal(
    'ManifestTampered',
    `The manifest of ${id} at ${location} ${how}.`,
    'use the copy at another location or another recovery point, and find out who can write there.',
  );
}

function notFound(service: string, id: string, where: string): Refusal {
  return refusal('PointNotFound', `${where} has no recovery point ${id} of ${service}.`, '`muster points` lists them.');
}

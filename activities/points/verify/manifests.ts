/** The manifest of one point at every location: which one is believed, and at which locations it is not what it should be. */
import { Refusal } from '../../../domain/errors.ts';
import { layout, type Manifest, type Mark } from '../../../domain/points/recovery-point.ts';
import type { ObjectStore } from '../../storage/store.ts';
import { checkManifest } from '../read-manifest.ts';
import { type PinnedSigners, sha256Of } from '../signer.ts';

export interface Believed {
  readonly manifest: Manifest;
  readonly bytes: Buffer;
  readonly signature: Buffer;
  readonly sha256: string;
}

export interface ManifestAt {
  readonly store: ObjectStore;
  /** `absent`: the point is not there, or its copy was not finished. `other`: another one that is signed as well. */
  readonly state: 'good' | 'damaged' | 'absent' | 'other';
  readonly why?: string;
}

const limit = 256 * 1024 * 1024;

interface Raw {
  readonly store: ObjectStore;
  readonly bytes?: Buffer;
  readonly signature?: Buffer;
  readonly why?: string;
}

/**
 * @param marks  of this point: they say which manifest it was, and where it has been whole
 *
 * Out: nothing is believed where no location has a manifest that some signature of it fits.
 */
export async function manifestsOf(
  stores: readonly ObjectStore[],
  service: string,
  id: string,
  signers: PinnedSigners,
  marks: readonly Mark[],
): Promise<{ believed?: Believed; at: ManifestAt[] }> {
  const raws = await Promise.all(stores.map((store) => readRaw(store, service, id)));
  const pairs = raws.flatMap(({ bytes, store }) =>
    bytes
      ? raws.flatMap(({ signature }) => believe({ bytes, signature, id, service, location: store.location }, signers))
      : [],
  );
  const named = new Set(marks.map(({ manifest }) => manifest));
  const believed = pairs.find(({ sha256 }) => named.has(sha256)) ?? pairs[0];
  const said = saidOf(marks);
  const at = raws.map((raw) => stateOf(raw, believed, pairs, { id, service, said }, signers));
  return { believed, at: await Promise.all(at) };
}

/** Where marks have called it whole (`whole`), but for where it was taken away on purpose since (`dropped`). */
export function saidOf(marks: readonly Mark[]): { whole: ReadonlySet<string>; dropped: ReadonlySet<string> } {
  const last = new Map<string, 'whole' | 'dropped'>();
  for (const { state, locations } of marks.toSorted((a, b) => a.at.localeCompare(b.at))) {
    const says = state === 'dropped' ? 'dropped' : /^(replicated|verified|proven)$/.test(state) ? 'whole' : undefined;
    for (const name of says ? locations : []) last.set(name, says as 'whole' | 'dropped');
  }
  const named = (wanted: string) => new Set([...last].flatMap(([name, says]) => (says === wanted ? [name] : [])));
  return { whole: named('whole'), dropped: named('dropped') };
}

async function stateOf(
  raw: Raw,
  believed: Believed | undefined,
  pairs: readonly Believed[],
  { id, service, said }: { id: string; service: string; said: ReturnType<typeof saidOf> },
  signers: PinnedSigners,
): Promise<ManifestAt> {
  const { store, bytes, signature, why } = raw;
  // What retention takes away is not brought back while it is at it.
  if (said.dropped.has(store.location)) return { store, state: 'absent', why: 'it was taken away on purpose' };
  if (bytes && signature) {
    const sha256 = sha256Of(bytes);
    const own = signers.signedBy(bytes, signature) !== undefined && pairs.some((pair) => pair.sha256 === sha256);
    if (own && sha256 === believed?.sha256) return { store, state: 'good' };
    if (own) return { store, state: 'other', why: `another manifest that is signed as well (SHA-256 ${sha256})` };
    return { store, state: 'damaged', why: 'manifest and signature do not fit' };
  }
  if (bytes) return { store, state: 'damaged', why: why ?? 'the signature of the manifest is not there' };
  // A copy under way has no manifest yet. One that marks have called whole, and of which the rest is there, has lost it.
  const lost = said.whole.has(store.location) && (await store.head(layout.restoreSh(service, id))) !== undefined;
  if (why || lost) return { store, state: 'damaged', why: why ?? 'the manifest is not there' };
  return { store, state: 'absent', why: said.whole.has(store.location) ? 'it was there, and is gone' : undefined };
}

function believe(
  { bytes, signature, ...place }: { bytes: Buffer; signature?: Buffer; id: string; service: string; location: string },
  signers: PinnedSigners,
): Believed[] {
  if (!signature) return [];
  try {
    const manifest = checkManifest(bytes, signature, place, signers);
    return [{ manifest, bytes, signature, sha256: sha256Of(bytes) }];
  } catch (error) {
    if (error instanceof Refusal) return [];
    throw error;
  }
}

async function readRaw(store: ObjectStore, service: string, id: string): Promise<Raw> {
  const [manifest, signature] = await Promise.all([
    read(store, layout.manifest(service, id), limit),
    read(store, layout.manifestSignature(service, id), 4096),
  ]);
  const why = manifest.why ?? signature.why;
  return { store, bytes: manifest.body, signature: signature.body, ...(why ? { why } : {}) };
}

async function read(store: ObjectStore, key: string, most: number): Promise<{ body?: Buffer; why?: string }> {
  try {
    return { body: (await store.get(key, most)).body };
  } catch (error) {
    if (!(error instanceof Refusal) || error.type === 'StoreDenied' || error.type === 'BucketMissing') throw error;
    return error.type === 'ObjectNotFound' ? {} : { why: `${key.split('/').at(-1)} cannot be read (${error.type})` };
  }
}

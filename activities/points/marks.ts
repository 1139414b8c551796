/** Marks: signed small objects that say what became of a point after it was written. */
import { Refusal } from '../../domain/errors.ts';
import { layout, type Mark, markSchema, markStates } from '../../domain/points/recovery-point.ts';
import type { ObjectStore } from '../storage/store.ts';
import { mapLimited } from './map-limited.ts';
import type { PinnedSigners, Signer } from './signer.ts';

interface SignedMark {
  /** The mark as text: what was signed, byte for byte. */
  readonly mark: string;
  /** Base64. */
  readonly signature: string;
}

/** Written once for a state and time; a second writer of the same mark changes nothing. */
export async function writeMark(store: ObjectStore, mark: Mark, signer: Signer): Promise<string> {
  const key = layout.mark(mark.service, mark.point, mark.state, mark.at.replaceAll(/[-:.]/g, ''));
  const text = JSON.stringify(mark);
  const signed: SignedMark = { mark: text, signature: signer.sign(Buffer.from(text)).toString('base64') };
  await store.putIfAbsent(key, Buffer.from(`${JSON.stringify(signed)}\n`));
  return key;
}

/** A point has a handful; whoever puts thousands there wants to hold up the reading of the real ones. */
const mostMarks = 500;

/** The marks of a point that carry a good signature; others are left out. */
export async function readMarks(
  store: ObjectStore,
  service: string,
  point: string,
  signers: PinnedSigners,
): Promise<Mark[]> {
  const read = await mapLimited(await markKeysAt(store, service, point), 16, async (key) => {
    const bytes = await markBytes(store, key);
    return bytes && signedMark(bytes, signers);
  });
  return read.flatMap((mark) => (mark && mark.point === point && mark.service === service ? [mark] : []));
}

/** Keys of what is named like a mark. */
export async function markKeysAt(store: ObjectStore, service: string, point: string): Promise<string[]> {
  const keys: string[] = [];
  const folder = layout.marks(service, point);
  for await (const { key } of store.list(folder)) {
    const [, state = ''] = /^([a-z]+)-\d{8}T\d{9}Z\.json$/.exec(key.slice(folder.length)) ?? [];
    if ((markStates as readonly string[]).includes(state)) keys.push(key);
    if (keys.length >= mostMarks) break;
  }
  return keys;
}

/** Undefined for what has gone, is damaged, or is too large to be a mark. */
export async function markBytes(store: ObjectStore, key: string): Promise<Buffer | undefined> {
  try {
    return (await store.get(key, 65_536)).body;
  } catch (error) {
    if (error instanceof Refusal && error.type !== 'StoreDenied' && error.type !== 'BucketMissing') return undefined;
    throw error;
  }
}

/** The mark, or undefined where no pinned signer signed these bytes. */
export function signedMark(bytes: Buffer, signers: PinnedSigners): Mark | undefined {
  try {
    const { mark, signature } = JSON.parse(bytes.toString()) as SignedMark;
    if (!signers.signedBy(Buffer.from(mark), Buffer.from(signature, 'base64'))) return undefined;
    return markSchema.parse(JSON.parse(mark));
  } catch {
    return undefined;
  }
}

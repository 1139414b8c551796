/** Marks: signed small objects that say what became of a point after it was written. */
import { layout, type Mark, markSchema } from '../../domain/recovery-point.ts';
import type { ObjectStore } from '../storage/store.ts';
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

/** The marks of a point that carry a good signature; others are left out. */
export async function readMarks(
  store: ObjectStore,
  service: string,
  point: string,
  signers: PinnedSigners,
): Promise<Mark[]> {
  const marks: Mark[] = [];
  for await (const { key } of store.list(layout.marks(service, point))) {
    const mark = verified((await store.get(key, 65_536)).body, signers);
    if (mark && mark.point === point && mark.service === service) marks.push(mark);
  }
  return marks;
}

function verified(bytes: Buffer, signers: PinnedSigners): Mark | undefined {
  try {
    const { mark, signature } = JSON.parse(bytes.toString()) as SignedMark;
    if (!signers.signedBy(Buffer.from(mark), Buffer.from(signature, 'base64'))) return undefined;
    return markSchema.parse(JSON.parse(mark));
  } catch {
    return undefined;
  }
}

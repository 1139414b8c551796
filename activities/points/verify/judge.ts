/** Is one object at one location what the manifest says? Nothing is decrypted; memory holds one range of a part at a time. */
import { createHash } from 'node:crypto';
import { Refusal } from '../../../domain/errors.ts';
import { layout } from '../../../domain/points/recovery-point.ts';
import type { ObjectInfo, ObjectStore } from '../../storage/store.ts';
import type { PinnedSigners } from '../signer.ts';
import type { PointObject } from './objects.ts';

export type Verdict =
  | { readonly good: true; readonly read: number; readonly cold?: true }
  | { readonly good: false; readonly why: string };

export interface Judging {
  readonly signers: PinnedSigners;
  readonly signal: AbortSignal;
  /** A small object with this hash, from whichever location has it. */
  contentOf(object: { readonly key: string; readonly sha256: string }): Promise<Buffer | undefined>;
  /** Bytes read so far, for progress. */
  onRead(bytes: number): void;
}

const range = 4 * 1024 * 1024;
/** Stored where nothing is read before somebody asks for it. */
const coldClasses = ['GLACIER', 'DEEP_ARCHIVE', 'Archive'];

/** `read`: false only looks whether it is there with its size. Rejects when the location itself does not answer. */
export async function judge(
  store: ObjectStore,
  service: string,
  object: PointObject,
  read: boolean,
  judging: Judging,
): Promise<Verdict> {
  const look = () =>
    object.signs ? judgeSignature(store, object, judging) : judgeContent(store, object, read, judging);
  const ask = () => answered(store, service, look, judging.signal);
  let verdict = await ask();
  // A network that damages a byte on the way is not a damaged copy.
  if (!verdict.good && !verdict.why.startsWith('is not there')) verdict = await ask();
  return verdict;
}

/** What the location says no to is a fault of the object. What passes is tried again, and is one only while the location answers otherwise. */
async function answered(
  store: ObjectStore,
  service: string,
  look: () => Promise<Verdict>,
  signal: AbortSignal,
): Promise<Verdict> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await look();
    } catch (error) {
      // An attempt that is given up has seen nothing bad.
      signal.throwIfAborted();
      if (error instanceof Refusal) return { good: false, why: whyOf(error) };
      if (tries < 3) continue;
      await assertAnswers(store, service);
      return { good: false, why: `cannot be read (${error instanceof Error ? error.message : String(error)})` };
    }
  }
}

/** Rejects when the location does not answer or does not let anybody list. */
export async function assertAnswers(store: ObjectStore, service: string): Promise<void> {
  for await (const _ of store.folders(layout.points(service))) return;
}

async function judgeContent(
  store: ObjectStore,
  { key, sha256, bytes, mayBeGone }: PointObject,
  read: boolean,
  judging: Judging,
): Promise<Verdict> {
  const there = await store.head(key);
  if (!there && mayBeGone) return { good: true, read: 0 };
  if (!there) return { good: false, why: 'is not there' };
  if (bytes !== undefined && there.bytes !== bytes) {
    return { good: false, why: `has ${there.bytes} bytes instead of ${bytes}` };
  }
  if (coldClasses.includes(there.storageClass ?? '')) return { good: true, read: 0, cold: true };
  if (!read) return { good: true, read: 0 };
  const found = await hashInRanges(store, there, judging);
  return found === sha256
    ? { good: true, read: there.bytes }
    : { good: false, why: `has other bytes (SHA-256 ${found})` };
}

async function hashInRanges(store: ObjectStore, { key, bytes }: ObjectInfo, judging: Judging): Promise<string> {
  const hash = createHash('sha256');
  for (let from = 0; from < bytes; from += range) {
    judging.signal.throwIfAborted();
    const piece = await store.getRange(key, from, Math.min(from + range, bytes) - 1);
    hash.update(piece);
    judging.onRead(piece.length);
  }
  return hash.digest('hex');
}

async function judgeSignature(
  store: ObjectStore,
  { key, signs, mayBeGone }: PointObject,
  judging: Judging,
): Promise<Verdict> {
  if (mayBeGone && !(await store.head(key))) return { good: true, read: 0 };
  const signature = (await store.get(key, 4096)).body;
  const content = signs && (await judging.contentOf(signs));
  // Where the content is good nowhere, that is said of the content.
  if (!content || judging.signers.signedBy(content, signature)) return { good: true, read: signature.length };
  return { good: false, why: 'does not fit what it signs' };
}

function whyOf(error: Refusal): string {
  if (error.type === 'ObjectNotFound') return 'is not there';
  if (error.type === 'ObjectDamaged') return 'has other bytes than were put there';
  return `cannot be read (${error.type})`;
}

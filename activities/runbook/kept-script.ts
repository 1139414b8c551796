/**
 * A script as it is kept: its last line signs all before it. One object is put whole or not at all, so nobody ever reads a script with
 * the signature of another one. Scripts of builds before this have theirs beside them (`.sh.sig`). docs/break-glass.md has the commands.
 */
import { Refusal } from '../../domain/errors.ts';
import { layout } from '../../domain/points/recovery-point.ts';
import type { PinnedSigners, Signer } from '../points/signer.ts';
import type { ObjectStore } from '../storage/store.ts';

/** A comment to bash, and no data of the script (`#= NAME`). */
const mark = '#- signature ';

export interface KeptScript {
  /** ISO: as old are its facts. Undefined where the script does not say it. */
  readonly compiledAt?: string;
  /** The recovery point that it restores. */
  readonly point?: string;
  /** By a signer that the plan pins. */
  readonly signed: boolean;
}

export function signedScript(text: string, signer: Signer): Buffer {
  const lines = text.endsWith('\n') ? text : `${text}\n`;
  return Buffer.from(`${lines}${mark}${signer.sign(Buffer.from(lines)).toString('base64')}\n`);
}

/** What is kept at a location; undefined where nothing is. */
export async function lookAtKept(
  store: ObjectStore,
  { service, from, to }: { service: string; from: string; to: string },
  signers: PinnedSigners,
): Promise<KeptScript | undefined> {
  const key = layout.script(service, from, to);
  const bytes = await found(store, key);
  if (!bytes) return undefined;
  const { text, signature } = opened(bytes) ?? { text: bytes, signature: await found(store, layout.signature(key)) };
  const head = text.subarray(0, 2_000).toString();
  return {
    compiledAt: head.match(/^# Compiled at (\S+) /m)?.[1],
    point: head.match(/; recovery point (\S+?)\.$/m)?.[1],
    signed: signature !== undefined && signers.signedBy(text, signature) !== undefined,
  };
}

/** What was signed, and its signature. Undefined where the last line is no signature: it is beside the script then. */
function opened(bytes: Buffer): { text: Buffer; signature: Buffer } | undefined {
  const end = bytes.at(-1) === 0x0a ? bytes.length - 1 : bytes.length;
  const last = bytes.lastIndexOf(0x0a, end - 1) + 1;
  const line = bytes.subarray(last, end).toString('latin1');
  if (!line.startsWith(mark)) return undefined;
  return { text: bytes.subarray(0, last), signature: Buffer.from(line.slice(mark.length), 'base64') };
}

async function found(store: ObjectStore, key: string): Promise<Buffer | undefined> {
  try {
    return (await store.get(key)).body;
  } catch (error) {
    if (error instanceof Refusal && error.type === 'ObjectNotFound') return undefined;
    throw error;
  }
}

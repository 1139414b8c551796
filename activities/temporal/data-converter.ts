/** What turns values into payloads, for every client and worker. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { DataConverter } from '@temporalio/common';
import { refusal } from '../../domain/errors.ts';
import { failuresMark } from './failures.ts';
import type { KeyRing } from './key-ring.ts';
import { payloadCodec } from './payload-codec.ts';

/** The codec is there without keys too: it then says what is missing where something is encrypted. */
export function dataConverterOf(ring: KeyRing): DataConverter {
  const codecs = { payloadCodecs: [payloadCodec(ring)] };
  return ring.current() ? { ...codecs, failureConverterPath: failuresPath } : codecs;
}

/** Path of the module that puts the words of errors into payloads. */
export const failuresPath = fileURLToPath(new URL('./failures.ts', import.meta.url));

/** @throws BundleNotEncrypting where workflows of that bundle would write the words of their errors in the clear */
export async function checkBundle(path: string, { failureConverterPath }: DataConverter): Promise<void> {
  if (!failureConverterPath || (await readFile(path, 'utf8')).includes(failuresMark)) return;
  throw refusal(
    'BundleNotEncrypting',
    `The workflow bundle ${path} was made without codec keys, and its errors would be stored in the clear.`,
    'make it again where MUSTER_CODEC_KEYS_FILE is set: node workers/bundle.ts FILE.',
  );
}

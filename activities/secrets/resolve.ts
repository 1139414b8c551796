/** Turns a reference of the plan into the secret itself. Only activities call this; what it returns is never logged. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { refusal } from '../../domain/errors.ts';
import type { SecretRef } from '../../domain/plan/values.ts';

/**
 * In: a reference, and the folder of the plan against which a relative `file` is resolved. Out: the text, without the
 * newline at its end.
 *
 * @throws SecretMissing naming the reference, never the value
 */
export async function resolveSecret(ref: SecretRef, planFolder: string): Promise<string> {
  if ('env' in ref) {
    const value = process.env[ref.env];
    if (value) return value;
    throw refusal(
      'SecretMissing',
      `The environment variable ${ref.env}, which the plan refers to, is not set on this worker.`,
      `set ${ref.env} where the worker is started.`,
    );
  }
  const path = resolve(planFolder, ref.file);
  try {
    return (await readFile(path, 'utf8')).replace(/\n$/, '');
  } catch (error) {
    throw refusal(
      'SecretMissing',
      `The file ${ref.file}, which the plan refers to, cannot be read on this worker (${(error as NodeJS.ErrnoException).code}).`,
      'put it there, readable for the worker alone.',
    );
  }
}

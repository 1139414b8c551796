/** Files that people name: whole or not at all. */
import { chmod, rename, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { refusal } from '../../domain/errors.ts';

/** Half of what was written must never lie where somebody looks for it. */
export async function writeWhole(file: string, content: string | Uint8Array, mode: number): Promise<void> {
  const temporary = `${file}.${process.pid}.new`;
  await writeFile(temporary, content, { mode });
  await chmod(temporary, mode);
  await rename(temporary, file);
}

/**
 * Found out before a minute of reading.
 *
 * @param option   by which it was named; @param example  what it could be called in a folder
 * @throws BadInput where no file can be put there
 */
export async function refuseBadOutput(file: string, option: string, example: string): Promise<void> {
  const folder = dirname(file);
  const [there, above] = await Promise.all([file, folder].map((path) => stat(path).catch(() => undefined)));
  if (there?.isDirectory()) {
    throw refusal('BadInput', `${file} is a folder.`, `${option} ${join(file, example)}.`);
  }
  if (above?.isDirectory()) return;
  throw refusal('BadInput', `There is no folder ${folder}.`, `make it, or name another file with ${option}.`);
}

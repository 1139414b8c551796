/** Spoils an object where a test server keeps it. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Changes the first byte of a text, in the one file below the folder that holds it. */
export async function flipByte(folder: string, text: string): Promise<void> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const bytes = await readFile(path);
    const at = bytes.indexOf(text);
    if (at < 0) continue;
    bytes[at] = (bytes[at] as number) ^ 1;
    await writeFile(path, bytes);
    return;
  }
  throw new Error(`nothing below ${folder} holds it`);
}

/** Services of a folder of plans; `estate.yaml` is none. None where there is no such folder. */
import { readdir } from 'node:fs/promises';

export async function servicesIn(folder: string): Promise<string[]> {
  const files = await readdir(folder).catch(() => []);
  return files
    .filter((file) => file.endsWith('.yaml') && file !== 'estate.yaml')
    .map((file) => file.slice(0, -'.yaml'.length))
    .sort();
}

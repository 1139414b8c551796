/** The objects of the lab's recovery point as files in the stores, to be damaged and put back exactly as they were. */
import { join } from 'node:path';
import type { Region } from '../../../lab/layout.ts';
import { labPaths } from '../../../lab/paths.ts';
import type { Scenario } from './scenario.ts';

const both = ['us-east-1', 'us-west-2'] as const;

export async function pointFiles({ lab, muster }: Pick<Scenario, 'lab' | 'muster'>) {
  const { json } = await muster(['points', 'spacetime', '--json']);
  const { points } = json as { points: { id: string }[] };
  const id = points[0]?.id as string;

  /** In the lab's mounts, which a test process does not share. */
  async function sh(script: string): Promise<string> {
    const { code, stdout, stderr } = await lab.exec(['bash', '--norc', '-euo', 'pipefail', '-c', script]);
    if (code !== 0) throw new Error(`${script}: ${stderr}`);
    return stdout.trim();
  }

  async function find(pattern: string, region: Region): Promise<string> {
    const store = join(labPaths(lab.dir).store(region), 'data');
    const found = await sh(`ls -d ${store}/*/*/spacetime/${pattern.replace('*', id)} | head -n 1`);
    if (!found) throw new Error(`${region} has no ${pattern}.`);
    return found;
  }

  /** Spoils the first object that matches (`*` is the point) at each region for the time of `work`. Answers its key. */
  async function change<T>(
    pattern: string,
    spoil: (file: string) => string,
    work: (key: string) => Promise<T>,
    regions: readonly Region[] = both,
  ): Promise<T> {
    const files = await Promise.all(regions.map((region) => find(pattern, region)));
    const copies = files.map((file) => `cp -a -- ${file} ${file}.kept; ${spoil(file)}`);
    try {
      await sh(copies.join('\n'));
      return await work((files[0] as string).replace(/^.*\/(?=spacetime\/(?:archives|points)\/)/, ''));
    } finally {
      await sh(files.map((file) => `if [ -e ${file}.kept ]; then mv -T -- ${file}.kept ${file}; fi`).join('\n'));
    }
  }

  return { id, sh, find, change };
}

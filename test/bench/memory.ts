/** How much a worker grows while it backs up what is far larger than its memory: the data never goes through it. */
import { join } from 'node:path';
import Table from 'cli-table3';
import { filesComponent, makeWorld } from '../activities/points/world.ts';
import type { Options } from './archives.ts';
import { musterBackup } from './muster.ts';
import { makeManyFiles } from './trees.ts';

/** A sparse file of 100 GB, then `files` small ones (a million when asked for as the issue does: `--files 1000000`). */
export async function memory({ files }: Options): Promise<void> {
  const world = await makeWorld([filesComponent('tree', ['/srv/app/production'])]);
  const table = new Table({
    head: ['backup of', 'took', 'worker before', 'at most', 'grew by'],
    style: { head: [], border: [] },
  });
  try {
    const host = await world.host('app');
    const tree = join(host.srv, 'app/production');
    await host.sh(
      'mkdir -p /srv/app/production && truncate -s 100G /srv/app/production/sparse && echo 1 >>/srv/app/production/sparse',
    );
    // Clients and code are loaded by the first backup, whatever its size.
    await host.sh('mkdir -p /srv/app/aside && mv /srv/app/production/sparse /srv/app/aside');
    await musterBackup(world, host, '20260102_000000');
    await host.sh('mv /srv/app/aside/sparse /srv/app/production');
    table.push(['a sparse file of 100 GB', ...(await grown(() => musterBackup(world, host, '20260102_010000')))]);
    await host.sh('rm /srv/app/production/sparse');
    await makeManyFiles(tree, files);
    table.push([`${files} files`, ...(await grown(() => musterBackup(world, host, '20260102_020000')))]);
    console.log(table.toString());
  } finally {
    await world.end();
  }
}

async function grown(action: () => Promise<unknown>): Promise<string[]> {
  globalThis.gc?.();
  const before = process.memoryUsage.rss();
  let most = before;
  const timer = setInterval(() => {
    most = Math.max(most, process.memoryUsage.rss());
  }, 50);
  const started = performance.now();
  try {
    await action();
  } finally {
    clearInterval(timer);
  }
  const took = (performance.now() - started) / 1000;
  return [`${took.toFixed(1)} s`, mib(before), mib(most), mib(most - before)];
}

function mib(bytes: number): string {
  return `${Math.round(bytes / 1_048_576)} MiB`;
}

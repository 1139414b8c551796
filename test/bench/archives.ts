/** Backup and restore of trees of files, side by side with the plain shell, the runbooks' shell and restic; turns alternate. */

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ObjectStore } from '../../activities/storage/store.ts';
import { until } from '../activities/hosts/until.ts';
import { filesComponent, makeWorld, type TestHost, type World } from '../activities/points/world.ts';
import { counted } from './counting.ts';
import { type BenchPoint, musterBackup, musterRestore } from './muster.ts';
import { plainBackup, plainRestore, restic, runbookBackup, runbookRestore } from './peers.ts';
import { printTable, type Times, timed } from './table.ts';
import { makeManyFiles, makeTree } from './trees.ts';

export interface Options {
  readonly gb: number;
  readonly rounds: number;
  readonly files: number;
  /** Leaves out gzip, which takes longer than all others together. */
  readonly quick: boolean;
}

export async function archives(options: Options): Promise<void> {
  await whole(options);
  await unchanged(options);
}

/** A first backup and a restore of all of it. */
async function whole({ gb, rounds, quick }: Options): Promise<void> {
  const world = await makeWorld([filesComponent('tree', ['/srv/app/production'])]);
  try {
    const host = await world.host('app');
    const bytes = await makeTree(join(host.srv, 'app/production'), gb);
    const count = await host.sh('find /srv/app/production -type f | wc -l');
    console.log(`${(bytes / 1e9).toFixed(2)} GB in ${count.trim()} files, half of the bytes do not compress`);
    const backup: Times = new Map();
    const restore: Times = new Map();
    for (let round = 1; round <= rounds; round += 1) {
      let point: BenchPoint = { id: '', sha256: '' };
      const takes: Contender[] = [
        [
          muster,
          async () => {
            point = await musterBackup(world, host, `20260102_03150${round}`);
          },
        ],
        [plain, () => plainBackup(world, host, round)],
        ['restic 0.14', () => restic(world, host, `${round}`, 'restic init -q; restic backup -q /srv/app/production')],
        ['tar -cz | sha256sum | aws s3 cp', () => runbookBackup(world, host, round)],
      ];
      const gives: Contender[] = [
        [muster, async () => musterRestore(world, await world.host(`target-${round}`), point)],
        [plain, () => plainRestore(world, host, round)],
        [
          'restic 0.14',
          () => restic(world, host, `${round}`, `restic restore -q latest --target /srv/restic-${round}`),
        ],
        ['aws s3 cp, sha256sum, tar -xz', () => runbookRestore(world, host, round)],
      ];
      console.log(`round ${round}: first backup`);
      await race(backup, quick ? takes.slice(0, -1) : takes, round, [join(host.srv, 'app'), world.near.data]);
      console.log(`round ${round}: restore`);
      await race(restore, quick ? gives.slice(0, -1) : gives, round, [world.near.data]);
    }
    printTable('first backup, to S3', backup, bytes);
    printTable('restore, from S3', restore, bytes);
    await partial(world, host, rounds);
  } finally {
    await world.end();
  }
}

/** 200 of the files come back, and nothing is fetched but the archives that hold them. */
async function partial(world: World, host: TestHost, rounds: number): Promise<void> {
  const point = await musterBackup(world, host, '20260103_000000');
  const folders = ['/srv/app/production/d7', '/srv/app/production/d120'];
  const times: Times = new Map();
  const include = folders.map((folder) => `--include ${folder}`).join(' ');
  for (let round = 1; round <= rounds; round += 1) {
    const gives: Contender[] = [
      [muster, async () => musterRestore(world, await world.host(`part-${round}`), point, folders)],
      [
        'restic 0.14',
        () => restic(world, host, '1', `restic restore -q latest ${include} --target /srv/restic-part-${round}`),
      ],
    ];
    console.log(`round ${round}: 200 files`);
    await race(times, gives, round, [world.near.data]);
  }
  printTable('200 files, from S3', times, 0);
  const near = world.stores.near as ObjectStore;
  const counting = await counted(near, world.near.endpoint);
  world.stores.near = counting.store;
  await musterRestore(world, await world.host('counted'), point, folders);
  world.stores.near = near;
  counting.close();
  console.log(`muster fetched ${counting.objects} objects, ${(counting.bytes / 1e6).toFixed(0)} MB`);
}

/** A second backup of many small files of which none has changed. */
async function unchanged({ files, rounds }: Options): Promise<void> {
  const world = await makeWorld([filesComponent('tree', ['/srv/app/production'])]);
  try {
    const host = await world.host('app');
    const bytes = await makeManyFiles(join(host.srv, 'app/production'), files);
    console.log(`${files} files, ${(bytes / 1e9).toFixed(2)} GB, none of them changed`);
    // What has changed within two seconds before a capture is read again by the next one.
    const made = Date.now();
    await until('the files are not new any more', () => Date.now() > made + 3_000);
    await musterBackup(world, host, '20260102_000000');
    await restic(world, host, 'many', 'restic init -q; restic backup -q /srv/app/production');
    const times: Times = new Map();
    for (let round = 1; round <= rounds; round += 1) {
      const takes: Contender[] = [
        [muster, () => musterBackup(world, host, `20260102_01000${round}`, 'incremental')],
        ['restic 0.14', () => restic(world, host, 'many', 'restic backup -q /srv/app/production')],
      ];
      console.log(`round ${round}: unchanged backup`);
      await race(times, takes, round, [join(host.srv, 'app'), world.near.data]);
    }
    printTable('unchanged backup, to S3', times, bytes);
  } finally {
    await world.end();
  }
}

const muster = 'muster';
const plain = 'plain shell: tar | zstd | cms | curl';
type Contender = readonly [name: string, action: () => Promise<unknown>];

/**
 * Each begins alike: what others left to be written is written, their pages are given back, and what is read (the tree and
 * the store) is in memory. ext4 is slow to make files while thousands were deleted within the last minutes, so nothing that
 * was restored is removed before the end. What else there may be is spread by turning the order round in every other round.
 */
async function race(
  times: Times,
  contenders: readonly Contender[],
  round: number,
  read: readonly string[],
): Promise<void> {
  for (const [name] of contenders) if (!times.has(name)) times.set(name, []);
  const order = round % 2 === 1 ? contenders : contenders.toReversed();
  for (const [name, action] of order) {
    await promisify(execFile)('sh', ['-c', begin, 'begin', ...read]);
    await timed(times, name, action);
  }
}

const begin = `sync
  [ ! -w /proc/sys/vm/drop_caches ] || echo 1 >/proc/sys/vm/drop_caches
  find "$@" -type f -exec cat {} + >/dev/null`;

/** Files with holes take the room of what is in them: a restore asks for no more, whatever they call themselves. */
import { execFile } from 'node:child_process';
import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { restoreComponent } from '../../../activities/archives/restore-component.ts';
import { findPoints } from '../../../activities/points/find-points.ts';
import { filesComponent, makeWorld, newRun, type TestHost, type World } from '../points/world.ts';

const run = promisify(execFile);
const size = 2 ** 28;
let world: World;
let source: TestHost;
beforeAll(async () => {
  world = await makeWorld([filesComponent('tree', ['/srv/app/images'])]);
  source = await world.host('app');
  await mkdir(join(source.srv, 'app/images'), { recursive: true });
  await source.sh(`cd /srv/app/images
    truncate -s ${size} disk
    for at in 0 90000000 200000000; do head -c 100000 /dev/urandom | dd of=disk bs=4096 seek=$((at / 4096)) conv=notrunc status=none; done
    ln disk second-name
    head -c 200000 /dev/urandom >solid`);
}, 60_000);
afterAll(() => world?.end());

it.each([
  ['whole', undefined],
  ['by its paths', ['/srv/app/images/disk', '/srv/app/images/second-name', '/srv/app/images/solid']],
])('a disk image of 256 MiB with little in it comes back %s where 16 MiB are free', async (_, paths) => {
  const point = await world.backup(source, '20260102_000000');
  const { points } = await findPoints(Object.values(world.stores), 'spacetime', await world.signers());
  expect(points[0]?.bytes).toBeGreaterThan(size);
  expect(points[0]?.sizes?.tree).toBeLessThan(1_000_000);
  const target = await world.host(paths ? 'by-path' : 'whole');
  const small = join(target.srv, 'app');
  await mkdir(small);
  await run('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', small]);
  try {
    const component = world.plan.components[0] as (typeof world.plan.components)[0];
    const from = { service: 'spacetime', point: { id: point.point, sha256: point.sha256 }, locations: ['near'] };
    await restoreComponent.run(
      { ...from, component, host: target.host, site: 'west', paths },
      await world.context({ run: newRun(), step: 'restore' }, target),
    );
    const { size: seen, blocks } = await stat(join(small, 'images/disk'));
    expect(seen).toBe(size);
    expect(blocks * 512).toBeLessThan(1_000_000);
    const hashes = 'cd /srv/app/images && sha256sum * && stat -c "%h %Y %n" *';
    expect(await target.sh(hashes)).toBe(await source.sh(hashes));
  } finally {
    await run('umount', [small]);
  }
});

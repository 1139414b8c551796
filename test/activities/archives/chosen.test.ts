/** Some paths of a point, or all of it into a folder of its own: only what holds them is fetched, nothing else is touched. */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { checkData } from '../../../activities/archives/check-data.ts';
import { comparePresent } from '../../../activities/archives/compare-present.ts';
import { restoreComponent } from '../../../activities/archives/restore-component.ts';
import { openS3Store } from '../../../activities/storage/s3.ts';
import { describeTree, makeNastyTree } from '../points/nasty-tree.ts';
import { filesComponent, makeWorld, newRun, type TestHost, type World } from '../points/world.ts';
import { type CountedStore, countedStore } from '../storage/counted.ts';

let world: World;
let counted: CountedStore;
let source: TestHost;
let point: { id: string; sha256: string };
const tree = filesComponent('tree', ['/srv/app/production', '/srv/app/settings'], {
  permissions: [
    { path: '/srv/app', owner: 'daemon:daemon', recursive: true },
    { path: '/srv/app/settings', mode: '600', recursive: false },
  ],
  afterRestore: ['echo ran >>/srv/ran'],
  expected: ['/srv/app/settings', '/srv/app/production/plain/1.txt'],
} as never);

beforeAll(async () => {
  world = await makeWorld([tree]);
  source = await world.host('source');
  await makeNastyTree(join(source.srv, 'app/production'));
  await source.sh(
    'cd /srv/app/production && mkdir -p big && for i in 1 2 3; do head -c 60000000 /dev/urandom >big/$i; done',
  );
  await writeFile(join(source.srv, 'app/settings'), 'of the point');
  const made = await world.backup(source);
  point = { id: made.point, sha256: made.sha256 };
  counted = await countedStore(world.far.endpoint);
  const location = { ...world.far.location('far'), endpoint: counted.endpoint };
  world.stores.far = await openS3Store('far', location, world.far.credentials);
}, 120_000);
afterAll(async () => {
  await counted?.stop();
  await world?.end();
});
beforeEach(() => {
  counted.fetched.length = 0;
});

const archivesFetched = () =>
  counted.fetched
    .filter((path) => path.includes('/archives/') && !path.includes('/key-'))
    .map((path) => path.split('/').at(-1));

async function restore(host: TestHost, what: object, run = newRun()) {
  const input = {
    service: 'spacetime',
    point,
    component: tree,
    host: host.host,
    site: 'west',
    locations: ['far', 'near'],
  };
  const context = await world.context({ run, step: 'restore-tree' }, host);
  return {
    run,
    restored: await restoreComponent.run({ ...input, ...what }, context),
    undo: () => restoreComponent.undo?.({ ...input, ...what }, null, context),
  };
}

async function present(name: string): Promise<TestHost> {
  const host = await world.host(name);
  await mkdir(join(host.srv, 'app/production/plain'), { recursive: true });
  await writeFile(join(host.srv, 'app/settings'), 'of today');
  await writeFile(join(host.srv, 'app/production/plain/1.txt'), 'of today');
  await writeFile(join(host.srv, 'app/production/plain/mine'), 'of today');
  return host;
}

describe('chosen paths in place', () => {
  it('are switched in one by one and kept; only the archives that hold them are fetched, and undo puts them back', async () => {
    const host = await present('paths');
    const paths = ['/srv/app/production/plain/1.txt', '/srv/app/production/deep/', '/srv/app/production/deep/er'];
    const { restored, run, undo } = await restore(host, { paths });
    expect(restored.kept).toEqual([`/srv/app/production/plain/1.txt.before-${run}`]);
    expect(await host.sh('cat /srv/app/production/plain/mine /srv/app/settings')).toBe('of todayof today');
    expect(await host.sh('head -c 6 /srv/app/production/plain/1.txt')).toBe('file 1');
    // hard-2 is one inode with a file that was not chosen.
    expect(await host.sh('cd /srv/app/production; stat -c "%s %h" deep/hard-2; ls')).toBe('3000000 1\ndeep\nplain\n');
    expect(await host.sh('stat -c "%U %Y" /srv/app/production/deep/er')).toBe('daemon 1012615322\n');
    expect(await host.sh('stat -c %U /srv/app/production/plain/mine /srv/app/settings')).toBe('root\nroot\n');
    await expect(host.sh('cat /srv/ran')).resolves.toBe('ran\n');
    const fetched = archivesFetched();
    expect(fetched.length).toBeGreaterThan(0);
    // Folders, and the archives of small files; none of the three large ones.
    expect(fetched.length).toBeLessThanOrEqual(3);
    await undo();
    expect(await host.sh('cd /srv/app && find . -type f | sort && cat production/plain/1.txt')).toBe(
      './production/plain/1.txt\n./production/plain/mine\n./settings\nof today',
    );
  });

  it('above the roots of a component mean the roots below it', async () => {
    const host = await present('above');
    const { restored } = await restore(host, { paths: ['/srv/app'] });
    expect(restored.kept).toHaveLength(2);
    expect(await host.sh('stat -c "%U %a" /srv/app/settings; cat /srv/app/settings')).toBe('daemon 600\nof the point');
  });

  it('that the point does not have are refused by name, and nothing is changed', async () => {
    const host = await present('absent');
    const before = await describeTree(host.srv);
    await expect(restore(host, { paths: ['/srv/app/settings', '/srv/app/prod'] })).rejects.toMatchObject({
      type: 'PathMissing',
      message: expect.stringContaining(' /srv/app/prod '),
    });
    expect(await describeTree(host.srv)).toBe(before);
    expect(archivesFetched()).toEqual([]);
  });
});

describe('what a restore would overwrite', () => {
  const compare = async (host: TestHost, paths?: string[]) => {
    const wanted = {
      service: 'spacetime',
      point,
      component: tree,
      host: host.host,
      site: 'west',
      locations: ['far', 'near'],
    };
    return await comparePresent({ ...wanted, paths }, await world.context({ step: 'compare' }, host));
  };

  it('is counted by kind, the first of each named, and nothing is changed', async () => {
    const host = await present('compared');
    await host.sh('mkdir -p /srv/app/production/deep');
    const before = await describeTree(host.srv);
    const { differences, compared } = await compare(host);
    expect(compared).toBeGreaterThan(2);
    expect(differences.join('\n')).toMatch(
      /1 more than the recovery point has, the first \/srv\/app\/production\/plain\/mine/,
    );
    expect(differences.join('\n')).toMatch(/\d{3} missing/);
    expect(differences.join('\n')).toMatch(
      /2 changed after the recovery point, the first \/srv\/app\/(settings|production)/,
    );
    expect(await describeTree(host.srv)).toBe(before);
    expect(archivesFetched()).toHaveLength(0);
  });

  it('is that of the chosen paths alone, and nothing where all is as the point has it', async () => {
    const host = await present('compared-paths');
    expect((await compare(host, ['/srv/app/settings'])).differences).toEqual([
      expect.stringContaining('1 changed after the recovery point'),
    ]);
    await restore(host, { paths: ['/srv/app/settings'] });
    await host.sh('chown root:root /srv/app/settings');
    expect((await compare(host, ['/srv/app/settings'])).differences).toEqual([]);
    const step = { service: 'spacetime', point, component: tree, host: host.host, site: 'west', locations: ['far'] };
    const check = async (paths: string[]) =>
      await checkData.run({ ...step, paths }, await world.context({ step: `check-${paths.length}` }, host));
    expect((await check(['/srv/app/settings'])).compared).toBe(1);
    await expect(check(['/srv/app/settings', '/srv/app/production/deep'])).rejects.toMatchObject({
      type: 'DataDiffers',
    });
  });
});

describe('into a folder', () => {
  it('lays the tree out as the point has it, runs nothing, and touches nothing that is there', async () => {
    const host = await present('into');
    const before = await describeTree(join(host.srv, 'app'));
    const { restored, undo } = await restore(host, { into: '/srv/scratch/one/' });
    expect(restored.kept).toEqual([]);
    expect(await describeTree(join(host.srv, 'scratch/one/srv/app/production'))).toBe(
      await describeTree(join(source.srv, 'app/production')),
    );
    expect(await host.sh('stat -c %a /srv/scratch/one; ls -A /srv/scratch/one')).toBe('700\nsrv\n');
    expect(await describeTree(join(host.srv, 'app'))).toBe(before);
    await expect(host.sh('cat /srv/ran')).rejects.toThrow();
    await expect(restore(host, { into: '/srv/scratch/one' })).rejects.toMatchObject({ type: 'IntoTaken' });
    await undo();
    expect(await host.sh('find /srv/scratch; ls /srv')).toBe('/srv/scratch\n/srv/scratch/one\napp\nscratch\n');
  }, 60_000);

  it('takes chosen paths alone', async () => {
    const host = await present('some');
    await restore(host, { into: '/srv/scratch', paths: ['/srv/app/settings'] });
    expect(await host.sh('cd /srv/scratch && find . -type f -exec stat -c "%n %U" {} +')).toBe(
      './srv/app/settings root\n',
    );
    expect(archivesFetched()).toHaveLength(2);
  });

  it('is refused where it would be no folder of its own', async () => {
    const host = await present('no-folder');
    await expect(restore(host, { into: 'scratch' })).rejects.toMatchObject({ type: 'BadInput' });
    await expect(restore(host, { into: '/srv/../etc' })).rejects.toMatchObject({ type: 'BadInput' });
  });
});

describe('a restore that was cut off', () => {
  it.each([
    ['whole', {}],
    ['of paths', { paths: ['/srv/app/production/big', '/srv/app/settings'] }],
  ])(
    '%s goes on without fetching a finished archive again',
    async (_, what) => {
      const host = await world.host(`cut-${Object.keys(what).length}`);
      await mkdir(join(host.srv, 'sbin'), { recursive: true });
      const tar = `#!/bin/bash
echo >>/srv/tars
if [ "$(wc -l </srv/tars)" -ge 3 ] && mkdir /srv/once 2>/dev/null; then
  until ls /srv/app/.muster-tree-*/done/* >/dev/null 2>&1; do sleep 0.05; done
  exec 2>/dev/null; ls /srv/app/.muster-tree-*/done >/srv/finished
  exec pkill -KILL -s "$(ps -o sid= -p $$ | tr -d ' ')"
fi
exec -a tar /usr/bin/tar "$@"
`;
      await writeFile(join(host.srv, 'sbin/tar'), tar, { mode: 0o755 });
      await host.sh('mkdir /srv/app');
      expect((await restore(host, what)).restored.outcome).toBe('restored');
      const finished = (await readFile(join(host.srv, 'finished'), 'utf8')).trim().split('\n').filter(Boolean);
      expect(finished.length).toBeGreaterThan(0);
      for (const number of finished) {
        const name = `${number.padStart(5, '0')}.0-`;
        expect(archivesFetched().filter((each) => each?.startsWith(name))).toHaveLength(1);
      }
      expect(await host.sh('sha256sum </srv/app/production/big/2')).toBe(
        await source.sh('sha256sum </srv/app/production/big/2'),
      );
      await rm(join(host.srv, 'app'), { recursive: true });
    },
    60_000,
  );
});

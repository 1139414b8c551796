/** A bare host: what the plan names is made once, what is there stays, and a host that holds data is refused. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { prepareHost } from '../../../activities/hosts/prepare-host.ts';
import { filesComponent, makeWorld, type TestHost, type World } from '../points/world.ts';

let world: World;
beforeAll(async () => {
  world = await makeWorld([filesComponent('tree', ['/srv/app/data'])]);
}, 60_000);
afterAll(() => world?.end());

const bare = {
  packages: ['nginx', 'libfoo-dev'],
  users: [
    { name: 'space-app', group: 'space', uid: 990, home: '/opt/space', shell: '/usr/sbin/nologin' },
    { name: 'worker', home: '/nonexistent', shell: '/usr/sbin/nologin' },
  ],
  units: [],
};

/** The machine's own accounts and packages are not touched: these keep theirs in /srv and write down how they were called. */
async function bareHost(name: string): Promise<TestHost> {
  const host = await world.host(name);
  const tools: Record<string, string> = {
    getent: 'grep -qx "$1 $2" /srv/accounts',
    groupadd: 'echo "groupadd $*" >>/srv/calls; echo "group @LAST" >>/srv/accounts',
    useradd: 'echo "useradd $*" >>/srv/calls; echo "passwd @LAST" >>/srv/accounts',
    dpkg: 'true',
    'dpkg-query': 'grep -qx "@LAST" /srv/packages && printf "install ok installed"',
    'apt-get':
      'echo "apt-get $*" >>/srv/calls; [ "$1" = install ] || exit 0; [ ! -e /srv/broken ] || { echo "E: no space" >&2; exit 100; }; shift 3; for p; do [ "$p" = nowhere ] || echo "$p" >>/srv/packages; done',
  };
  await host.sh('mkdir /srv/sbin; touch /srv/accounts /srv/calls; echo nginx >/srv/packages');
  for (const [tool, script] of Object.entries(tools)) {
    await host.sh(
      `cat >/srv/sbin/${tool} <<'END'\n#!/bin/bash\n${script.replaceAll('@LAST', '$' + '{!#}')}\nEND\nchmod 755 /srv/sbin/${tool}`,
    );
  }
  return host;
}

let count = 0;
async function prepare(host: TestHost, more: object = {}) {
  const input = { host: host.host, bare, places: ['/srv/app/data'], anyway: false, ...more };
  return await prepareHost.run(input, await world.context({ step: `prepare-${++count}` }, host));
}

it('makes what is missing, and nothing the second time', async () => {
  const host = await bareHost('bare');
  expect(await prepare(host)).toEqual({
    outcome: 'made libfoo-dev, group space, user space-app, group worker, user worker',
    made: ['libfoo-dev', 'group space', 'user space-app', 'group worker', 'user worker'],
  });
  const calls = await host.sh('cat /srv/calls');
  expect(calls.split('\n')).toEqual([
    'apt-get update',
    'apt-get install -y --no-install-recommends libfoo-dev',
    'groupadd --system space',
    'useradd --system --no-create-home --uid 990 --gid space --home-dir /opt/space --shell /usr/sbin/nologin space-app',
    'groupadd --system worker',
    'useradd --system --no-create-home --gid worker --home-dir /nonexistent --shell /usr/sbin/nologin worker',
    '',
  ]);
  expect(await prepare(host)).toEqual({ outcome: 'all was there', made: [] });
  expect(await host.sh('cat /srv/calls')).toBe(calls);
}, 60_000);

it('refuses a host that holds what is to be restored, before anything is made, unless somebody says so', async () => {
  const host = await bareHost('inhabited');
  await host.sh('mkdir -p /srv/app/data');
  await expect(prepare(host)).rejects.toMatchObject({ type: 'NotBare' });
  expect(await host.sh('cat /srv/calls')).toBe('');
  expect((await prepare(host, { anyway: true })).made).toContain('user worker');
}, 60_000);

it('says what the package manager said, and what is still missing after it', async () => {
  const host = await bareHost('broken');
  await expect(prepare(host, { bare: { ...bare, packages: ['nowhere'] } })).rejects.toMatchObject({
    type: 'PackagesFailed',
    message: expect.stringContaining('nowhere is not there'),
  });
  await host.sh('touch /srv/broken');
  await expect(prepare(host)).rejects.toMatchObject({
    type: 'PackagesFailed',
    message: expect.stringContaining('no space'),
  });
}, 60_000);

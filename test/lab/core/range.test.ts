/** The range's own behaviour, on one shared lab: hosts, failures of regions, power. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Lab } from '../../../lab/client.ts';
import { sshOptions } from '../../../lab/hosts/login.ts';
import { commandInside } from '../../../lab/inside.ts';
import { until } from '../../../lab/shell.ts';
import { clear, raise, temporaryDir } from './helpers.ts';

const east = 'us-east-1';
const west = 'us-west-2';
const timedOut = 28;
let dir: string;
let lab: Lab;

beforeAll(async () => {
  dir = await temporaryDir();
  lab = await raise(dir);
}, 15 * 60_000);

afterAll(async () => {
  await clear(dir);
}, 60_000);

const get = (url: string, place: 'third' | typeof east | typeof west = 'third', seconds = 1.5) =>
  lab.exec(['curl', '-sS', '-m', `${seconds}`, '-o', '/dev/null', '-w', '%{http_code}', url], { place });
const storeOf = (region: string) => lab.state.regions.find((one) => one.name === region)?.store as string;
const bootIdOf = async (host: string) => (await lab.ssh(host, 'cat /proc/sys/kernel/random/boot_id')).stdout.trim();
const instances = (verb: string, region: string, id: string) =>
  lab.exec([process.execPath, fileURLToPath(new URL('instances.ts', import.meta.url)), verb, region, id]);

test('a host answers over ssh with its own name, and its key is the one the lab wrote down', async () => {
  const answer = await lab.ssh('app-us-east-1', 'hostname; cat /etc/ssh/ssh_host_ed25519_key.pub');
  expect(answer).toMatchObject({ code: 0 });
  const [name, key] = answer.stdout.split('\n');
  expect(name).toBe('app-us-east-1');
  const known = readFileSync(lab.state.keys.knownHosts, 'utf8').split('\n');
  expect(known).toContain(`10.77.1.10 ${key?.split(' ').slice(0, 2).join(' ')}`);
});

test('a host with another key than the one written down is refused', async () => {
  const swapped = readFileSync(lab.state.keys.knownHosts, 'utf8')
    .replaceAll('10.77.1.11', 'x')
    .replaceAll('10.77.1.10', '10.77.1.11');
  const list = join(mkdtempSync(`${dir}/run/`), 'known_hosts');
  writeFileSync(list, swapped);
  const options = sshOptions({ ...lab.state.keys, knownHosts: list });
  const answer = await lab.exec(['ssh', ...options, 'root@10.77.1.11', 'true']);
  expect(answer.code).toBe(255);
  expect(answer.stderr).toContain('Host key verification failed');
});

test('a host sees neither the lab, nor the checkout, nor the machine’s homes', async () => {
  const checkout = fileURLToPath(new URL('../../..', import.meta.url));
  const listing = await lab.ssh(
    'app-us-east-1',
    `ls -A /home /root/.cache '${dir}' '${checkout}' 2>/dev/null; ps -e -o args=`,
  );
  expect(listing.stdout).not.toContain('lab.json');
  expect(listing.stdout).not.toContain('package.json');
  expect(listing.stdout).not.toContain('temporal');
});

test('the database host runs an empty PostgreSQL 15 of its own as a unit', async () => {
  const version = await lab.ssh(
    'db-us-east-1',
    `runuser -u postgres -- psql -Atc 'show server_version_num; show listen_addresses' 2>&1; systemctl is-active postgresql`,
  );
  expect(version.stdout).toMatch(/15\d{4}\n10\.77\.1\.11\nactive/);
});

test('units run as their user, with their environment, and stop', async () => {
  const unit = `[Service]
User=nobody
WorkingDirectory=/tmp
Environment=GREETING="hello there" OTHER=x
EnvironmentFile=/etc/probe.env
ExecStart=/bin/sh -c 'echo "$GREETING $SECRET $(id -un) $PWD" > /tmp/probe.out; exec sleep 1000'
`;
  const script = `cat > /etc/systemd/system/probe.service; echo SECRET=abc > /etc/probe.env; systemctl daemon-reload
    systemctl enable --now probe && systemctl is-active probe; cat /tmp/probe.out; systemctl stop probe; systemctl is-active probe; pgrep -fc 'sleep 1000'`;
  const answer = await lab.ssh('app-us-east-1', script, { input: unit });
  expect(answer.stdout.split('\n').slice(0, 4)).toEqual(['active', 'hello there abc nobody /tmp', 'inactive', '0']);
});

test('the Temporal UI and gRPC are reachable from outside through the relays', async () => {
  expect((await fetch(`${lab.state.relays.ui}/api/v1/namespaces`)).status).toBe(200);
  const [host, port] = lab.state.relays.temporal.split(':');
  const socket = connect({ host, port: Number(port) });
  socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0');
  const [frame] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  expect(frame[3]).toBe(4); // HTTP/2 SETTINGS
});

test('a command inside has the lab’s environment, and the lab command works there too', async () => {
  const main = fileURLToPath(new URL('../../../lab/main.ts', import.meta.url));
  const inner = ['bash', '-c', 'echo $AWS_ENDPOINT_URL $TEMPORAL_ADDRESS; ip -o -4 addr show e0 | wc -l'];
  const nested = await lab.exec([process.execPath, main, 'exec', '--in', west, '--', ...inner]);
  expect(nested.stdout).toBe('http://10.77.0.1:4566 10.77.0.1:7233\n3\n');
});

test('cutting the SSH connections of a host leaves the host and its detached work alone', async () => {
  const open = lab.ssh(
    'app-us-east-1',
    'setsid sleep 77 >/dev/null 2>&1 </dev/null & echo begun > /run/begun; sleep 600',
  );
  await until('the session works', async () => (await lab.ssh('app-us-east-1', 'cat /run/begun')).code === 0);
  await lab.ssh('app-us-east-1', "pkill -f '^sshd: root@'");
  expect((await open).code).toBe(255);
  expect((await lab.ssh('app-us-east-1', "pkill -xf 'sleep 77'")).code).toBe(0);
});

test('nothing gets into a killed region, and healing brings it back', async () => {
  const target = `${storeOf(east)}/health`;
  expect((await get(target)).stdout).toBe('200');
  await lab.kill(east);
  try {
    const [fromThird, fromSister, ssh] = await Promise.all([
      get(target),
      get(target, west),
      lab.ssh('app-us-east-1', 'true'),
    ]);
    expect([fromThird.code, fromSister.code]).toEqual([timedOut, timedOut]);
    expect(ssh.stderr).toContain('timed out');
    expect((await get(`${storeOf(west)}/health`)).stdout).toBe('200');
  } finally {
    await lab.heal(east);
  }
  expect((await get(target, west)).stdout).toBe('200');
  expect((await lab.ssh('app-us-east-1', 'hostname')).stdout).toBe('app-us-east-1\n');
});

test('nothing gets out of a killed region although its hosts run on', async () => {
  const listen =
    "require('dgram').createSocket('udp4').on('message', (m) => console.log(String(m))).bind(9999, '10.77.0.1', () => console.log('ready'))";
  const [file, ...args] = commandInside(lab.state, 'third', [process.execPath, '-e', listen]);
  const receiver = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let heard = '';
  receiver.stdout.on('data', (data) => {
    heard += data;
  });
  try {
    await until('the receiver listens', () => heard.includes('ready'));
    const beat =
      'i=0; while :; do i=$((i+1)); echo $i > /dev/udp/10.77.0.1/9999; echo $i > /run/beat; sleep 0.02; done';
    await lab.ssh('app-us-east-1', `setsid bash -c '${beat}' >/dev/null 2>&1 </dev/null & echo $! > /run/beat.pid`);
    await until('the host is heard', () => heard.split('\n').length > 5);
    await lab.kill(east);
    const beats = async () => Number((await lab.ssh('app-us-east-1', 'cat /run/beat', { place: east })).stdout);
    const atKill = await beats();
    heard = '';
    await until('the host has called out twenty times more', async () => (await beats()) > atKill + 20);
    expect(heard).toBe('');
    const out = await Promise.all([get('http://10.77.0.1:4566/', east), get(`${storeOf(west)}/health`, east)]);
    expect(out.map((one) => one.code)).toEqual([timedOut, timedOut]);
    await lab.heal(east);
    await until('the host is heard again', () => heard !== '');
  } finally {
    receiver.kill();
    await lab.heal(east);
    await lab.ssh('app-us-east-1', 'pkill -s $(cat /run/beat.pid)');
  }
});

test('a hung region takes connections and never answers', async () => {
  const url = new URL(storeOf(west));
  await lab.hang(west);
  try {
    const took = await lab.exec(['bash', '-c', `exec 3<>/dev/tcp/${url.hostname}/${url.port} && echo connected`]);
    expect(took.stdout).toBe('connected\n');
    expect((await get(`${url.origin}/health`)).code).toBe(timedOut);
  } finally {
    await lab.heal(west);
  }
  expect((await get(`${url.origin}/health`)).stdout).toBe('200');
});

test('cutting the sites from each other leaves both reachable from the third place', async () => {
  await lab.cut();
  try {
    const [between, fromThird, fromThirdToo] = await Promise.all([
      get(`${storeOf(west)}/health`, east),
      get(`${storeOf(west)}/health`),
      get(`${storeOf(east)}/health`),
    ]);
    expect([between.code, fromThird.stdout, fromThirdToo.stdout]).toEqual([timedOut, '200', '200']);
  } finally {
    await lab.cut(false);
  }
  expect((await get(`${storeOf(west)}/health`, east)).stdout).toBe('200');
});

test('power follows EC2: a started instance boots, a stopped one is gone and keeps its disk', async () => {
  const id = (await lab.status()).hosts.find((one) => one.name === 'app-us-west-2')?.instance?.id as string;
  expect((await lab.ssh('app-us-west-2', 'true')).code).toBe(255);
  expect(await instances('start', west, id)).toMatchObject({ code: 0 });
  await lab.untilPower('app-us-west-2', 'on');
  expect(await lab.ssh('app-us-west-2', 'echo kept > /opt/kept; echo lost > /tmp/lost')).toMatchObject({ code: 0 });
  await instances('stop', west, id);
  await lab.untilPower('app-us-west-2', 'off');
  expect((await lab.ssh('app-us-west-2', 'true')).code).toBe(255);
  await instances('start', west, id);
  await lab.untilPower('app-us-west-2', 'on');
  expect((await lab.ssh('app-us-west-2', 'cat /opt/kept; ls /tmp')).stdout).toBe('kept\n');
}, 30_000);

test('a rebooted host has another boot id and the same disk', async () => {
  const before = await bootIdOf('db-us-east-1');
  await lab.ssh('db-us-east-1', `runuser -u postgres -- psql -qc 'create table if not exists kept (n int)'; sync`);
  await lab.power('db-us-east-1', 'reboot');
  await lab.untilPower('db-us-east-1', 'on');
  expect(await bootIdOf('db-us-east-1')).not.toBe(before);
  const there = async () =>
    (await lab.ssh('db-us-east-1', "runuser -u postgres -- psql -Atc '\\dt' 2>/dev/null")).stdout;
  await until('PostgreSQL has recovered with the table', async () => (await there()).includes('kept'));
}, 30_000);

test('a broken host does not boot until it is repaired', async () => {
  const id = (await lab.status()).hosts.find((one) => one.name === 'db-us-west-2')?.instance?.id as string;
  await lab.power('db-us-west-2', 'broken');
  await instances('start', west, id);
  const state = async () => (await lab.status()).hosts.find((one) => one.name === 'db-us-west-2');
  await until('EC2 says running', async () => (await state())?.instance?.state === 'running');
  expect((await state())?.power).toBe('off');
  await lab.power('db-us-west-2', 'repair');
  await lab.untilPower('db-us-west-2', 'on');
}, 30_000);

test('the Temporal server can be stopped and started, and keeps what it knew', async () => {
  const temporal = (...words: string[]) =>
    lab.exec(['bash', '-c', `exec ${lab.state.tools.temporal} "$@"`, 'temporal', ...words]);
  await temporal('workflow', 'start', '--type', 'Kept', '--task-queue', 'none', '--workflow-id', 'kept');
  await lab.temporal.stop();
  await expect(fetch(`${lab.state.relays.ui}/api/v1/namespaces`)).rejects.toThrow();
  await lab.temporal.start();
  expect((await temporal('workflow', 'describe', '--workflow-id', 'kept')).stdout).toContain('Kept');
}, 30_000);

test('reset gives the standby fresh disks and puts power back', async () => {
  await lab.kill(east);
  await lab.power('app-us-east-1', 'off');
  const status = await lab.reset();
  expect(Object.fromEntries(status.hosts.map((one) => [one.name, one.power]))).toEqual({
    'app-us-east-1': 'on',
    'db-us-east-1': 'on',
    'app-us-west-2': 'off',
    'db-us-west-2': 'off',
    'app-drill': 'off',
    'db-drill': 'off',
  });
  await lab.power('app-us-west-2', 'on');
  await lab.untilPower('app-us-west-2', 'on');
  expect((await lab.ssh('app-us-west-2', 'ls /opt')).stdout).toBe('');
}, 30_000);

test('the drill hosts have a network of their own: no real host is in reach of them, the store is', async () => {
  await Promise.all(['app-drill', 'app-us-west-2'].map((host) => lab.power(host, 'on')));
  await Promise.all(['app-drill', 'app-us-west-2'].map((host) => lab.untilPower(host, 'on')));
  const reach = async (address: string, port: number) =>
    (
      await lab.ssh('app-drill', `timeout 2 bash -c 'exec 3<>/dev/tcp/${address}/${port}' && echo open || echo silent`)
    ).stdout.trim();
  expect(await reach('10.77.2.2', 7070)).toBe('open');
  expect(await reach('10.77.2.10', 22)).toBe('silent');
  expect(await reach('10.77.1.11', 5432)).toBe('silent');
  expect((await lab.ssh('app-drill', 'getent hosts db.spacetime.internal')).stdout).toMatch(/^10\.77\.3\.11 /);
  await Promise.all(['app-drill', 'app-us-west-2'].map((host) => lab.power(host, 'off')));
}, 30_000);

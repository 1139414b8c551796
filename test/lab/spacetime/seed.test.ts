/** SpaceTime installed on the lab's real hosts, and what the standby has before a recovery. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Lab } from '../../../lab/client.ts';
import { hostNamed } from '../../../lab/layout.ts';
import { seedSpacetime } from '../../../lab/spacetime/seed.ts';
import type { HostShell } from '../../../lab/spacetime/shell.ts';
import { eventually } from '../aws/servers.ts';
import { clear, raise, temporaryDir } from '../core/helpers.ts';

const size = { files: 400, megabytes: 4, rows: 1000, logDays: 10 };
let dir: string;
let lab: Lab;

beforeAll(async () => {
  dir = await temporaryDir();
  lab = await raise(dir);
  await seedSpacetime({ app: shell('app-us-east-1'), db: shell('db-us-east-1'), ...size });
});

afterAll(() => clear(dir));

test('the service answers through its own address, from another region too', async () => {
  const url = `http://${hostNamed('app-us-east-1').address}:8080`;
  expect(JSON.parse(await curl(`${url}/status`))).toMatchObject({
    overall_ready: true,
    host: 'app-us-east-1',
    version: '2.5.0',
  });
  const { stdout } = await lab.exec(['curl', '-s', '-m', '5', `${url}/players/7`], { place: 'us-west-2' });
  expect(JSON.parse(stdout)).toMatchObject({ name: 'pilot-7' });
});

test('files have the owners, modes and names that the runbook expects', async () => {
  const app = shell('app-us-east-1');
  const stat = await app(
    'cd /opt/spacetime/production && stat -c "%U:%G %a %n" . .env project.godot vr_main.tscn data/linked.bin',
  );
  expect(stat.trim().split('\n')).toEqual([
    'spacetime-app:spacetime-app 755 .',
    'spacetime-app:spacetime-app 600 .env',
    'spacetime-app:spacetime-app 644 project.godot',
    'spacetime-app:spacetime-app 644 vr_main.tscn',
    'spacetime-app:spacetime-app 644 data/linked.bin',
  ]);
  const paths = [
    'etc/nginx/sites-available/spacetime-api',
    'etc/security/limits.conf',
    'etc/sysctl.d/99-spacetime.conf',
  ];
  await app(
    `cd / && for path in ${paths.join(' ')} etc/systemd/system/godot-spacetime.service; do test -s "$path"; done`,
  );
  expect(await app('pgrep -u spacetime-app -fc server/main.ts')).toBe('1\n');
});

test('version and commit can be asked of git, and everything tracked is committed', async () => {
  const git = 'git -c safe.directory="*" -C /opt/spacetime/production';
  const app = shell('app-us-east-1');
  expect(await app(`${git} describe --tags`)).toBe('v2.5.0\n');
  expect(await app(`${git} rev-parse HEAD`)).toMatch(/^[0-9a-f]{40}\n$/);
  expect(await app(`${git} status --porcelain`)).toBe('');
});

test('the certificate is signed by its own authority for the name of the service', async () => {
  const app = shell('app-us-east-1');
  const verify =
    'cd /etc/ssl/certs && openssl verify -CAfile spacetime-ca.crt -verify_hostname spacetime-api.company.com spacetime-api.crt';
  expect(await app(verify)).toContain('OK');
  expect(await app('stat -c %a /etc/ssl/certs/spacetime-api.key')).toBe('600\n');
});

test('logs are as old as their names say', async () => {
  const recent = await shell('app-us-east-1')("find /opt/spacetime/logs -name '*.log' -mtime -7 | wc -l");
  expect(Number(recent)).toBe(14); // Two a day, for seven of the ten days.
});

test('the password stands in .env and nowhere else', async () => {
  const password = (
    await shell('app-us-east-1')('sed -n s/^DATABASE_PASSWORD=//p /opt/spacetime/production/.env')
  ).trim();
  expect(password.length).toBeGreaterThan(20);
  const search =
    'read -r word || true; grep -rlsF -e "$word" /opt /etc/systemd /var/log /var/lib/postgresql /tmp /root || true';
  expect((await shell('app-us-east-1')(search, password)).trim()).toBe('/opt/spacetime/production/.env');
  expect((await shell('db-us-east-1')(search, password)).trim()).toBe('');
});

test('the service is back after a power cut of its host', async () => {
  await lab.power('app-us-east-1', 'reboot');
  const url = `http://${hostNamed('app-us-east-1').address}:8080/status`;
  await eventually(
    'it is ready',
    async () => (await curl(url).catch(() => '')).includes('"overall_ready":true'),
    30_000,
  );
});

test('seeding again replaces what was there, with a new password', async () => {
  const app = shell('app-us-east-1');
  const before = await app('sha256sum </opt/spacetime/production/.env; touch /opt/spacetime/production/extra');
  await seedSpacetime({ app, db: shell('db-us-east-1'), ...size });
  expect(await app('sha256sum </opt/spacetime/production/.env')).not.toBe(before);
  await app('test ! -e /opt/spacetime/production/extra');
});

test('the standby is bare: the account and the name of its own database, no files, an empty PostgreSQL', async () => {
  await lab.power('app-us-west-2', 'on');
  await lab.power('db-us-west-2', 'on');
  const [app, db] = [shell('app-us-west-2'), shell('db-us-west-2')];
  await eventually(
    'both are up',
    () =>
      Promise.all([app('true'), db('true')]).then(
        () => true,
        () => false,
      ),
    30_000,
  );
  expect(
    await app(
      'id -u spacetime-app; getent hosts db.spacetime.internal; ls -A -1 /opt/ /etc/ssl/certs/spacetime-* 2>/dev/null || true',
    ),
  ).toMatch(/^2077\n10\.77\.2\.11\s+db\.spacetime\.internal\n(\/opt\/:\n)?$/);
  const empty = `SELECT (SELECT count(*) FROM pg_database WHERE NOT datistemplate), (SELECT count(*) FROM pg_roles WHERE rolname = 'spacetime')`;
  const answer = () => db('cd / && runuser -u postgres -- psql -X -A -t', empty).catch(() => '');
  expect(await eventually('PostgreSQL serves', answer)).toBe('1|0\n');
});

function shell(host: string): HostShell {
  return async (script, input) => {
    const command = `exec bash --norc -euo pipefail -c '${script.replaceAll("'", `'\\''`)}'`;
    const { code, stdout, stderr } = await lab.ssh(host, command, { input: input as string });
    if (code !== 0) throw new Error(`${host} ended with ${code}: ${stderr.slice(-500)}`);
    return stdout;
  };
}

async function curl(url: string): Promise<string> {
  const { code, stdout } = await lab.exec(['curl', '-s', '-m', '5', url]);
  if (code !== 0) throw new Error(`curl ended with ${code}`);
  return stdout;
}

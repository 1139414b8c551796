/**
 * Restores onto hosts on which the service does not run: another one of the site by its name, and a bare one by its address. What
 * serves meanwhile goes on as it is.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hostNamed } from '../../../lab/layout.ts';
import { ownLab } from '../support/labs.ts';
import { openScenario, type Scenario, stepOf } from '../support/scenario.ts';
import { withPlan } from '../support/with-plan.ts';

const production = '/opt/spacetime/production';
const unit = '/etc/systemd/system/godot-spacetime.service';
const [app, db, bare] = ['app-us-east-1', 'db-us-east-1', 'app-us-west-2'];
const { truth } = ownLab();
let scenario: Scenario;
let serving: string;

const processOf = () => scenario.sh(app, 'systemctl show -p MainPID --value godot-spacetime');
/** Lines of `sha256sum` for every file below, as they were at the point's time; an odd name has a backslash before its hash. */
const hashesOf = (path: string) =>
  truth.files.filter((line) => /^\\?[0-9a-f]{64} /.test(line) && line.includes(` ${path}`));

beforeAll(async () => {
  scenario = await openScenario();
  await scenario.reset();
  await scenario.lab.power(bare, 'on');
  await scenario.lab.untilPower(bare, 'on');
  serving = await processOf();
});
afterAll(async () => {
  await scenario.sh(db, 'rm -rf /etc/ssl/certs/spacetime-*');
  await scenario.reset();
  await scenario.close();
});

test('files come to another host of the site by its name, and nothing is stopped or started', async () => {
  await scenario.restore('--component', 'certificates', '--to-host', 'db');
  const ended = await scenario.finish();
  expect(stepOf(ended, 'start-service')).toBeUndefined();
  const found = await scenario.sh(db, 'sha256sum /etc/ssl/certs/spacetime-*');
  expect(found.split('\n').toSorted()).toEqual(hashesOf('/etc/ssl/certs/spacetime-').toSorted());
  expect(await processOf()).toBe(serving);
});

/** A source of packages on the host itself: the lab's networks have no way out. Nobody runs the service there, nobody is known. */
const madeBare = `set -e
  userdel spacetime-app 2>/dev/null || true; groupdel spacetime-app 2>/dev/null || true
  mkdir -p /var/tmp/packages/tool/DEBIAN; cd /var/tmp/packages
  printf 'Package: muster-tool\nVersion: 1.0\nArchitecture: all\nMaintainer: tests <tests@example.org>\nDescription: a test\n' >tool/DEBIAN/control
  dpkg-deb --build tool tool.deb >/dev/null
  { cat tool/DEBIAN/control; printf 'Filename: ./tool.deb\nSize: %s\nSHA256: %s\n' "$(stat -c %s tool.deb)" "$(sha256sum <tool.deb | cut -d ' ' -f 1)"; } >Packages
  rm -rf /etc/apt/sources.list.d; echo 'deb [trusted=yes] file:/var/tmp/packages ./' >/etc/apt/sources.list`;

test('a bare host gets packages, user, data and unit; one that holds something is refused until somebody says so', async () => {
  await scenario.sh(bare, madeBare);
  const address = hostNamed(bare).address;
  const onto = ['--component', 'configuration,application', '--to-host', address];
  const wanted = {
    packages: ['muster-tool', 'curl'],
    users: [{ name: 'spacetime-app', uid: 2099, home: '/opt/spacetime' }],
    units: ['godot-spacetime.service'],
  };
  const prepare = `prepare-host-${address.replaceAll('.', '-')}`;
  await withPlan(
    scenario.lab.dir,
    (plan) => Object.assign(plan, { bare: { app: wanted } }),
    async () => {
      // Every Debian has a limits.conf, and it is one of the paths.
      await scenario.restore(...onto, '--bare');
      const refused = await scenario.until('it is not bare', ({ needs }) => needs.length > 0);
      expect(stepOf(refused, prepare)?.error?.message).toMatch(/is not bare: .* is there/);
      expect(await scenario.update('abort', { by: 'ops', reason: 'a test' })).toMatchObject({ taken: true });
      await scenario.finish('aborted');
      await scenario.sh(bare, '! getent passwd spacetime-app && ! dpkg-query -W muster-tool 2>/dev/null');

      await scenario.restore(...onto, '--bare', 'anyway');
      const ended = await scenario.finish();
      expect(stepOf(ended, prepare)?.outcome).toMatch(/^made muster-tool, group spacetime-app, user spacetime-app$/);
    },
  );
  expect(await scenario.sh(bare, 'dpkg -s muster-tool')).toContain('Status: install ok installed');
  expect(await scenario.sh(bare, 'id -u spacetime-app')).toBe('2099');
  expect(await scenario.sh(bare, `stat -c '%U %a' ${production} ${production}/.env`)).toBe(
    'spacetime-app 755\nspacetime-app 600',
  );
  expect(await scenario.sh(bare, 'systemctl is-enabled godot-spacetime')).toBe('enabled');
  const found = await scenario.sh(bare, `find ${production} ${unit} -type f -print0 | xargs -0 sha256sum`);
  const before = [...hashesOf(`${production}/`), ...hashesOf(unit)];
  expect(found.split('\n').toSorted()).toEqual(before.filter((line) => !line.includes('/backups/')).toSorted());
  expect(await processOf()).toBe(serving);
});

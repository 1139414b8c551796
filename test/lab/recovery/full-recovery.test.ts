/**
 * Full recovery in place (the runbook's 13 steps): files deleted, a table dropped, a setting flipped, and all of it back.
 * First the same run aborted when everything was switched in already: what stood there before stands there again.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunStatus } from '../../../domain/run/run.ts';
import { openScenario, type Scenario } from '../support/scenario.ts';
import { query } from '../support/truth.ts';
import { withPlan } from '../support/with-plan.ts';

const site = 'us-east-1';
const app = `app-${site}`;
const production = '/opt/spacetime/production';
let scenario: Scenario;

async function sh(host: string, script: string): Promise<string> {
  const { code, stdout, stderr } = await scenario.lab.ssh(host, script);
  if (code !== 0) throw new Error(`${host}: ${script} ended with ${code}: ${stderr}`);
  return stdout.trim();
}

const databases = () =>
  sh(`db-${site}`, `runuser -u postgres -- psql -XAtc "SELECT datname FROM pg_database ORDER BY 1"`);
const listing = () =>
  sh(
    app,
    `cd /; find ${production} /etc/ssl/certs/spacetime-* -name '*.log' -prune -o -printf '%p %y %m %u %g %s %T@\\n' | sed -E 's/( d .*) [0-9.]+$/\\1/' | sort`,
  );
const running = () => sh(app, 'systemctl is-active godot-spacetime || true');
const kept = () =>
  sh(app, `ls -d /opt/spacetime/*.before-* /opt/spacetime/.muster-* /etc/*/*.before-* 2>/dev/null || true`);

beforeAll(async () => {
  scenario = await openScenario();
  await scenario.reset();
  await sh(app, `cd ${production}; rm -r data/0*; rm vr_main.tscn; sed -i 's/^NODE_ENV=.*/NODE_ENV=broken/' .env`);
  await query(scenario.lab, site, 'DROP TABLE audit_log CASCADE');
});
afterAll(async () => {
  await scenario.reset();
  await scenario.close();
});

async function restore(): Promise<RunStatus> {
  const { code } = await scenario.muster(['restore', 'spacetime', '--by', 'ops', '--reason', 'files were deleted']);
  expect(code).toBe(0);
  const waiting = await scenario.until('it waits for approval', ({ phase }) => phase === 'awaiting-approval');
  expect(await scenario.approve()).toMatchObject({ taken: true });
  return waiting;
}

describe('aborted before the service starts', () => {
  let before: { files: string; databases: string };
  let ended: RunStatus;
  beforeAll(async () => {
    before = { files: await listing(), databases: await databases() };
    // The last rank fails after its files were switched in: then every component of the point stands where the service reads it.
    const failing = (plan: { components: { name: string; afterRestore?: string[] }[] }) => {
      const logs = plan.components.find(({ name }) => name === 'logs') as { afterRestore?: string[] };
      logs.afterRestore = ['false'];
    };
    await withPlan(scenario.lab.dir, failing, async () => {
      await restore();
      await scenario.until('the last restore failed', ({ needs }) =>
        needs.some(({ what }) => what.includes('Restore logs')),
      );
      expect(await running()).toBe('inactive');
      expect(await sh(app, `ls ${production}/vr_main.tscn`)).toContain('vr_main.tscn');
      expect(await query(scenario.lab, site, 'SELECT count(*) > 0 FROM audit_log')).toBe('t');
      const { code } = await scenario.muster(['abort', 'spacetime', '--by', 'ops', '--reason', 'the wrong day']);
      expect(code).toBe(0);
      ended = await scenario.until('it is over', ({ phase }) => phase === 'aborted');
    });
  });

  test('files and database are what they were before the run, and nothing of the run is left', async () => {
    expect(await listing()).toBe(before.files);
    expect(await databases()).toBe(before.databases);
    expect(await query(scenario.lab, site, `SELECT to_regclass('audit_log') IS NULL`)).toBe('t');
    expect(await sh(app, `grep NODE_ENV ${production}/.env`)).toBe('NODE_ENV=broken');
    expect(await kept()).toBe('');
  });

  test('the service runs again', async () => {
    expect(await running()).toBe('active');
  });

  test('the run says truthfully what was put back', async () => {
    const undone = ended.timeline.filter(({ kind }) => kind === 'undo').map(({ text }) => text);
    expect(undone.filter((text) => text.startsWith('put back: '))).toHaveLength(undone.length);
    expect(undone.find((text) => text.includes('Restore application'))).toContain(`(${production})`);
    expect(undone.find((text) => text.includes('Restore database'))).toContain('(spacetime_db)');
    // The lease last: everything else is put back under it.
    expect(undone.at(-2)).toContain('Stop spacetime');
    expect(undone.at(-1)).toContain('Take the lease');
    const { stdout } = await scenario.muster(['report', 'spacetime']);
    expect(stdout).toContain('put back: Restore application');
    expect(stdout).not.toContain('NOT put back');
  });
});

describe('carried out', () => {
  let ended: RunStatus;
  beforeAll(async () => {
    await restore();
    ended = await scenario.finish();
  });

  test('the service is healthy, and its data is that of the point', async () => {
    expect(await running()).toBe('active');
    await scenario.expectDataOf(site);
    expect(ended.clock.recovered?.source).toContain('observer');
  });

  test('what stood there before is kept beside it, under the name of the run', async () => {
    const beside = `${production}.before-${ended.run}`;
    expect(await sh(app, `grep NODE_ENV ${beside}/.env; ls ${beside}/vr_main.tscn 2>&1 || true`)).toMatch(
      /NODE_ENV=[\s\S]*No such file/,
    );
    const name = `spacetime_db_before_${ended.run.replaceAll('-', '_')}`;
    expect((await databases()).split('\n')).toContain(name);
    await sh(
      app,
      `rm -r /opt/spacetime/*.before-${ended.run} /etc/*/*.before-${ended.run} /etc/*/*/*.before-${ended.run}`,
    );
    await sh(`db-${site}`, `cd /; runuser -u postgres -- dropdb ${name}`);
  });
});

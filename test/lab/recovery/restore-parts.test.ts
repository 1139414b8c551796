/**
 * Restores of a part, by the command: chosen paths, the configuration, the database into a name of its own. Each is compared
 * with what was there when the recovery point was taken, read without Muster; what was not asked for stays as it is.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunStatus } from '../../../domain/run/run.ts';
import { ownLab } from '../support/labs.ts';
import { openScenario, type Scenario, stepOf } from '../support/scenario.ts';
import { query, readTables } from '../support/truth.ts';

const site = 'us-east-1';
const app = `app-${site}`;
const production = '/opt/spacetime/production';
const { truth } = ownLab();
let scenario: Scenario;

const sh = (host: string, script: string) => scenario.sh(host, script);

/** SHA-256 of a file as it was at the point's time. */
function hashOf(path: string): string {
  const line = truth.files.find((each) => each.endsWith(`  .${path}`) || each.endsWith(`  ${path}`));
  if (!line) throw new Error(`the truth has no ${path}`);
  return line.split(' ')[0] as string;
}
const hashNow = async (path: string) => (await sh(app, `sha256sum ${path}`)).split(' ')[0];
const started = () => sh(app, 'systemctl show -p MainPID --value godot-spacetime 2>/dev/null || pgrep -of spacetime');

async function restore(...words: string[]): Promise<RunStatus> {
  await scenario.restore(...words);
  return await scenario.finish();
}

beforeAll(async () => {
  scenario = await openScenario();
  await scenario.reset();
  await sh(
    app,
    `cd ${production}; rm vr_main.tscn; sed -i 's/^NODE_ENV=.*/NODE_ENV=broken/' .env; echo mine >project.godot`,
  );
  await query(scenario.lab, site, 'DROP TABLE audit_log CASCADE');
});
afterAll(async () => {
  await query(scenario.lab, site, 'DROP DATABASE IF EXISTS spacetime_copy', 'postgres');
  // What the restores kept beside is nobody else's, and a reset leaves the primary's disks as they are.
  await sh(app, 'rm -rf /var/tmp/look; find /opt/spacetime /etc -xdev -name "*.before-*" -prune -exec rm -rf {} +');
  const kept = `SELECT string_agg(format('DROP DATABASE %I', datname), ';') FROM pg_database WHERE datname LIKE '%_before_%'`;
  for (const drop of (await query(scenario.lab, site, kept, 'postgres')).split(';').filter(Boolean)) {
    await query(scenario.lab, site, drop, 'postgres');
  }
  await scenario.reset();
  await scenario.close();
});

test('the preview says what would be overwritten, and starts nothing', async () => {
  const preview = () => scenario.muster(['restore', 'spacetime', '--config-only', '--preview', '--json']);
  let answer = await preview();
  // A loaded machine: each fact has four seconds, and the command asks once.
  for (let look = 0; look < 3 && answer.stdout.includes('no answer within'); look += 1) answer = await preview();
  const { code, stdout, json } = answer;
  expect(code, stdout).toBe(0);
  const { overwritten } = json as { overwritten: { component: string; differences: string[] }[] };
  expect(overwritten).toMatchObject([{ component: 'configuration', host: 'app' }]);
  expect(overwritten[0]?.differences.join()).toMatch(/2 changed after the recovery point/);
  expect(await sh(app, `cat ${production}/project.godot`)).toBe('mine');
});

describe('chosen paths', () => {
  test('come back alone, and the service was not healthier without them', async () => {
    const ended = await restore('--path', `${production}/vr_main.tscn`);
    expect(await hashNow(`${production}/vr_main.tscn`)).toBe(hashOf(`${production}/vr_main.tscn`));
    expect(await sh(app, `cat ${production}/project.godot`)).toBe('mine');
    expect(stepOf(ended, 'restore-application')?.state).toBe('done');
    expect(stepOf(ended, 'restore-database')).toBeUndefined();
    expect(await sh(app, 'systemctl is-active godot-spacetime')).toBe('active');
  });

  test('are laid out beside the service, at once, and what it uses is not touched', async () => {
    const before = await sh(app, `ls -la --time-style=full-iso ${production}`);
    const { code, stdout } = await scenario.muster([
      ...['restore', 'spacetime', '--path', `${production}/project.godot`, '--into', '/var/tmp/look'],
      ...['--by', 'ops', '--watch'],
    ]);
    expect(code, stdout).toBe(0);
    const copy = `/var/tmp/look${production}/project.godot`;
    expect(await hashNow(copy)).toBe(hashOf(`${production}/project.godot`));
    expect(await sh(app, `ls -la --time-style=full-iso ${production}`)).toBe(before);
  });
});

test('a configuration rollback brings back every file of it, and the service starts anew with them', async () => {
  const before = await started();
  await restore('--config-only');
  for (const file of [`${production}/.env`, `${production}/project.godot`]) {
    expect(await hashNow(file)).toBe(hashOf(file));
  }
  expect(await sh(app, 'systemctl is-active godot-spacetime')).toBe('active');
  expect(await started()).not.toBe(before);
  expect(await query(scenario.lab, site, `SELECT to_regclass('audit_log') IS NULL`)).toBe('t');
});

test('the database comes back under a name of its own, row for row, and the present one stays as it is', async () => {
  const { code, stdout } = await scenario.muster([
    ...['restore', 'spacetime', '--component', 'database', '--into', 'spacetime_copy', '--by', 'ops', '--watch'],
  ]);
  expect(code, stdout).toBe(0);
  expect(await readTables(scenario.lab, site, truth.until, 'spacetime_copy')).toEqual(truth.tables);
  expect(await query(scenario.lab, site, `SELECT to_regclass('audit_log') IS NULL`)).toBe('t');
});

// Also what the tests after this file need: a reset of the lab leaves the primary's disks as they are.
test('the database alone comes back in place, and what stood there is kept beside it', async () => {
  const ended = await restore('--component', 'database');
  expect(stepOf(ended, 'restore-application')).toBeUndefined();
  expect(await readTables(scenario.lab, site, truth.until)).toEqual(truth.tables);
  const kept = `SELECT count(*) FROM pg_database WHERE datname LIKE 'spacetime_db_before_%'`;
  expect(Number(await query(scenario.lab, site, kept, 'postgres'))).toBeGreaterThan(0);
  expect(await sh(app, 'systemctl is-active godot-spacetime')).toBe('active');
});

test('a table of then comes back beside the one of now, from which single rows are mended', async () => {
  await query(
    scenario.lab,
    site,
    'UPDATE players SET credits = 0 WHERE id % 3 = 0; DELETE FROM telemetry WHERE id = 1',
  );
  await restore('--component', 'database', '--table', 'players');
  const schema = await query(scenario.lab, site, "SELECT nspname FROM pg_namespace WHERE nspname LIKE '%_restored_%'");
  const count = (from: string) => query(scenario.lab, site, `SELECT count(*) FROM (${from}) found`);
  const lost = `TABLE "${schema}".players EXCEPT TABLE public.players`;
  expect(Number(await count(lost))).toBe(Number(await count('SELECT FROM players WHERE id % 3 = 0')));
  expect(await query(scenario.lab, site, `SELECT to_regclass('"${schema}".telemetry') IS NULL`)).toBe('t');
  await query(
    scenario.lab,
    site,
    `UPDATE players SET credits = old.credits FROM "${schema}".players AS old WHERE old.id = players.id`,
  );
  expect(await count(lost)).toBe('0');
  await query(scenario.lab, site, `DROP SCHEMA "${schema}" CASCADE`);

  // What was not asked for is still as somebody left it.
  const { telemetry, ...others } = await readTables(scenario.lab, site, truth.until);
  expect(others).toMatchObject({ players: truth.tables.players, sessions: truth.tables.sessions });
  expect(telemetry).not.toBe(truth.tables.telemetry);
  await restore('--component', 'database');
  expect(await readTables(scenario.lab, site, truth.until)).toEqual(truth.tables);
});

test('a day without a point is refused with what is there', async () => {
  const { code } = await scenario.muster([
    'restore',
    'spacetime',
    '--date',
    '20200101',
    '--by',
    'ops',
    '--reason',
    'x',
  ]);
  expect(code).toBe(0);
  const ended = await scenario.until('it is over', ({ phase }) => phase === 'failed');
  expect(ended.timeline.map(({ text }) => text).join('\n')).toMatch(/no usable recovery point of 2020-01-01/);
});

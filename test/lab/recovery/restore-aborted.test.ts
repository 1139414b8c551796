/** A restore of a part that is given up when its data is in place and nothing has written to it: the present comes back. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openScenario, type Scenario, stepOf } from '../support/scenario.ts';
import { query, readTables } from '../support/truth.ts';
import { withOverlay } from '../support/with-plan.ts';

const site = 'us-east-1';
const app = `app-${site}`;
const env = '/opt/spacetime/production/.env';
let scenario: Scenario;
let mode: string;

beforeAll(async () => {
  scenario = await openScenario();
  await scenario.reset();
  mode = await scenario.sh(app, `cp -a ${env} /root/env.kept; stat -c '%a %U' ${env}`);
});
afterAll(async () => {
  await query(scenario.lab, site, 'DROP TABLE IF EXISTS of_today');
  await scenario.sh(app, `mv -T /root/env.kept ${env}`);
  await scenario.reset();
  await scenario.close();
});

test('what was changed after the point is there again, the service runs on it, and nothing is left beside', async () => {
  await scenario.sh(app, `echo '# of today' >>${env}`);
  await query(scenario.lab, site, "CREATE TABLE of_today AS SELECT 'kept' AS word");
  const moment = await query(scenario.lab, site, 'SELECT max(written_at)::text FROM canary_writes');
  // Others may have kept theirs in this lab before.
  const databases = "SELECT count(*) FROM pg_database WHERE datname ~ '_(before|restore)_'";
  const kept = await query(scenario.lab, site, databases, 'postgres');
  const before = await readTables(scenario.lab, site, moment);

  const look = { title: 'Look at it', instructions: 'Log in and look.', before: 'cutover' };
  await withOverlay(
    scenario.lab.dir,
    (overlay) => Object.assign(overlay, { manual: [look] }),
    async () => {
      await scenario.restore('--component', 'configuration,database');
      await scenario.until('somebody is to look', (now) => stepOf(now, 'manual-look-at-it')?.state === 'running');
      // The restored data is in place: it does not have what came later.
      expect(await scenario.sh(app, `tail -n 1 ${env}`)).not.toBe('# of today');
      expect(await query(scenario.lab, site, "SELECT to_regclass('of_today') IS NULL")).toBe('t');
      expect(await scenario.update('abort', { by: 'ops', reason: 'the wrong service' })).toMatchObject({ taken: true });
      await scenario.finish('aborted');
    },
  );

  expect(await scenario.sh(app, `tail -n 1 ${env}; stat -c '%a %U' ${env}`)).toBe(`# of today\n${mode}`);
  expect(await query(scenario.lab, site, 'SELECT word FROM of_today')).toBe('kept');
  expect(await readTables(scenario.lab, site, moment)).toEqual(before);
  expect(await scenario.sh(app, 'systemctl is-active godot-spacetime')).toBe('active');
  expect(await query(scenario.lab, site, databases, 'postgres')).toBe(kept);
});

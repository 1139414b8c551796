/** The dead region comes back while it is failed over: it is fenced or at least never served, whenever that is. */
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { until } from '../../../lab/shell.ts';
import { openScenario, type Scenario, stepOf } from '../support/scenario.ts';
import { query } from '../support/truth.ts';
import { host, intoTheRestore } from './in-restore.ts';

const name = 'point-spacetime-api-company-com';
let scenario: Scenario;

beforeAll(async () => {
  scenario = await openScenario();
  return () => scenario.close();
});
beforeEach(() => scenario.reset());

test('back before the go: the old primary is fenced although the assessment could not reach it, and the standby serves', async () => {
  const { lab } = scenario;
  await lab.kill('us-east-1');
  const assessed = await scenario.startFailover();
  expect(assessed?.risks.map(({ id }) => id)).toContain('old-primary-not-fenced');
  await lab.heal('us-east-1');
  await scenario.approve();
  const done = await scenario.finish();
  expect([stepOf(done, 'fence-app')?.outcome, stepOf(done, 'fence-db')?.outcome]).toEqual(['fenced', 'fenced']);
  const { hosts } = await lab.status();
  expect(hosts.filter(({ region }) => region === 'us-east-1').map(({ power }) => power)).toEqual(['off', 'off']);
  expect(await scenario.addressOf()).toBe('10.77.2.10');
  await scenario.expectDataOf('us-west-2');
});

test('back after the fence gave up and before the name moved: the old primary gets no write, and the standby serves', async () => {
  const { lab, jobs } = scenario;
  const { pid } = await intoTheRestore(scenario);
  const fences = ['fence-app', 'fence-db'];
  await scenario.until('the fence gave up', (now) => fences.every((id) => stepOf(now, id)?.outcome === 'unreachable'));
  await lab.heal('us-east-1');
  const kept = await writesAt('us-east-1');
  await jobs.letGo(host, pid);
  await scenario.finish();
  await expectServedByStandbyOnly(kept);
});

test('back after the name moved: the old primary runs and gets no write, and the name stays', async () => {
  const { lab } = scenario;
  await lab.kill('us-east-1');
  await scenario.startFailover();
  await scenario.approve();
  await scenario.until('the name moved', (now) => stepOf(now, name)?.state === 'done');
  await lab.heal('us-east-1');
  const kept = await writesAt('us-east-1');
  await scenario.finish();
  await expectServedByStandbyOnly(kept);
});

const writesAt = async (site: 'us-east-1' | 'us-west-2') =>
  Number(await query(scenario.lab, site, 'SELECT count(*) FROM canary_writes'));

/** Users write on, all of it to the standby; the old primary is as it was when it came back. */
async function expectServedByStandbyOnly(kept: number): Promise<void> {
  const { lab, observer } = scenario;
  expect(await scenario.addressOf()).toBe('10.77.2.10');
  // Counted in this order: no write is in the first figure and not in the second.
  const taken = await writesAt('us-west-2');
  const { acknowledged } = await observer.state();
  await until(
    'ten more writes are acknowledged',
    async () => (await observer.state()).acknowledged >= acknowledged + 10,
  );
  expect(await writesAt('us-west-2')).toBeGreaterThanOrEqual(taken + 9);
  const old = (await lab.status()).hosts.find((one) => one.name === 'db-us-east-1');
  if (old?.power === 'on') expect(await writesAt('us-east-1')).toBe(kept);
  await scenario.expectDataOf('us-west-2');
}

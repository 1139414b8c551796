/**
 * SpaceTime with a standby database that streams, under live writes: moved out and home without losing a write, then failed over, which
 * loses what had not arrived and no more, and brought home from there.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Region } from '../../../lab/layout.ts';
import { until } from '../../../lab/shell.ts';
import { attachReplica, detachReplica } from '../../../lab/spacetime/replica.ts';
import { openScenario, type Scenario, stepOf } from '../support/scenario.ts';
import { query } from '../support/truth.ts';

let scenario: Scenario;
beforeAll(async () => {
  scenario = await openScenario();
  await scenario.reset();
  await attachReplica(scenario.lab);
}, 120_000);
afterAll(async () => {
  await scenario.lab.heal('us-east-1');
  await detachReplica(scenario.lab);
  await scenario.reset();
  await scenario.close();
}, 120_000);

/** Resolves when users have written for a while. */
async function underWrites(): Promise<Date> {
  const began = new Date();
  const before = (await scenario.observer.state()).acknowledged;
  await until(
    'twenty writes are acknowledged',
    async () => (await scenario.observer.state()).acknowledged > before + 20,
  );
  return began;
}

/** What users saw of it: no write lost, and how long they waited. */
async function expectNothingLost(what: string, began: Date, serving: Region): Promise<void> {
  const { observer, lab } = scenario;
  const { acknowledged } = await observer.state();
  await until('writes go on', async () => (await observer.state()).acknowledged > acknowledged + 5);
  const { outages } = await observer.outages(began);
  const down = outages.reduce((sum, { ms }) => sum + ms, 0);
  const writes = await observer.lostWrites(began);
  console.log(`${what}: ${down} ms of downtime, ${writes.lost} of ${writes.acknowledged} acknowledged writes lost`);
  expect(writes.lost).toBe(0);
  expect(writes.acknowledged).toBeGreaterThan(20);
  expect(down).toBeLessThan(15_000);
  expect(await query(lab, serving, 'SELECT pg_is_in_recovery()')).toBe('f');
  const other = serving === 'us-east-1' ? 'us-west-2' : 'us-east-1';
  expect(await query(lab, other, 'SELECT status FROM pg_stat_wal_receiver')).toBe('streaming');
}

test.each([
  ['switchover', 'us-west-2', '10.77.2.10'],
  ['failback', 'us-east-1', '10.77.1.10'],
] as const)('a %s loses no acknowledged write, and its users wait less than 15 seconds', async (verb, to, address) => {
  const began = await underWrites();
  const { code, stderr } = await scenario.muster([verb, 'spacetime', '--by', 'ops', '--reason', 'a test']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  await scenario.until('it waits for approval', ({ phase }) => phase === 'awaiting-approval');
  expect(await scenario.approve()).toMatchObject({ taken: true });
  const done = await scenario.finish();
  expect(stepOf(done, 'demote-database')?.state).toBe('done');
  expect(stepOf(done, 'promote-database')?.outcome).toMatch(/^promoted to timeline/);
  expect(stepOf(done, 'reattach-database')?.outcome).toContain('it went on from where it was');
  expect(await scenario.addressOf()).toBe(address);
  await expectNothingLost(verb, began, to);
});

test('a failover promotes the standby behind the fence, restores the rest, and counts what was lost', async () => {
  const { lab, observer } = scenario;
  const began = await underWrites();
  await lab.kill('us-east-1');
  await scenario.startFailover();
  const assessed = await scenario.status();
  const fact = assessed.facts.find(({ title }) => title === 'Standby of database');
  expect(fact?.value).toMatch(/last transaction of/);
  expect(assessed.risks.map(({ id }) => id)).toEqual(expect.arrayContaining(['replica-loss', 'no-replica-after']));
  await scenario.approve();
  const done = await scenario.finish();
  expect(stepOf(done, 'promote-database')).toMatchObject({ state: 'done' });
  expect(stepOf(done, 'promote-database')?.outcome).toMatch(/^promoted to timeline/);
  expect(stepOf(done, 'restore-database')).toBeUndefined();
  expect(stepOf(done, 'restore-application')?.state).toBe('done');
  expect(stepOf(done, 'commit-point-after')?.state).toBe('done');
  expect(await scenario.addressOf()).toBe('10.77.2.10');
  await scenario.expectDataOf('us-west-2');
  const { acknowledged, lost } = await observer.lostWrites(began);
  console.log(`failover: ${lost} of ${acknowledged} acknowledged writes lost`);
  expect(acknowledged).toBeGreaterThan(20);
  // Only what was on its way: a recovery point would have lost all of them.
  expect(lost).toBeLessThan(5);
});

test('the old primary comes back with writes of its own: a failback saves them, takes its database back and goes home without loss', async () => {
  const { lab } = scenario;
  await lab.heal('us-east-1');
  await until('the old primary answers', async () => (await lab.ssh('db-us-east-1', 'true')).code === 0);
  await query(lab, 'us-east-1', "INSERT INTO canary_writes (id, at) VALUES ('only-here', now())");
  const began = await underWrites();
  const { code, stderr } = await scenario.muster(['failback', 'spacetime', '--by', 'ops', '--reason', 'a test']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const assessed = await scenario.until('it waits for approval', ({ phase }) => phase === 'awaiting-approval');
  expect(assessed.risks.map(({ id }) => id)).toContain('replica-unusable');
  expect(await scenario.approve()).toMatchObject({ taken: true });
  const done = await scenario.finish();
  expect(stepOf(done, 'commit-point-divergent')?.state).toBe('done');
  expect(stepOf(done, 'prepare-replica-database')?.outcome).toMatch(/pg_rewind.*kept as .*\.diverged-/);
  expect(await scenario.sh('db-us-east-1', 'ls -d /var/lib/postgresql/15/main.diverged-*/PG_VERSION | wc -l')).toBe(
    '1',
  );
  expect(await query(lab, 'us-east-1', "SELECT count(*) FROM canary_writes WHERE id = 'only-here'")).toBe('0');
  expect(await scenario.addressOf()).toBe('10.77.1.10');
  await expectNothingLost('failback after a failover', began, 'us-east-1');
});

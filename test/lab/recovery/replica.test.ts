/** SpaceTime with a standby database that streams: a failover promotes it, and loses what had not arrived, no more. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from '../../../lab/shell.ts';
import { attachReplica, detachReplica } from '../../../lab/spacetime/replica.ts';
import { openScenario, type Scenario, stepOf } from '../support/scenario.ts';

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

test('a failover promotes the standby behind the fence, restores the rest, and counts what was lost', async () => {
  const { lab, observer } = scenario;
  const began = new Date();
  const before = (await observer.state()).acknowledged;
  await until('twenty writes are acknowledged', async () => (await observer.state()).acknowledged > before + 20);
  await lab.kill('us-east-1');
  await scenario.startFailover();
  const assessed = await scenario.status();
  const fact = assessed.facts.find(({ title }) => title === 'Standby of database');
  expect(fact?.value).toMatch(/last transaction of/);
  expect(assessed.risks.map(({ id }) => id)).toEqual(expect.arrayContaining(['replica-loss', 'no-replica-after']));
  await scenario.approve();
  const done = await scenario.finish();
  expect(stepOf(done, 'promote-database')).toMatchObject({ state: 'done', outcome: 'promoted to timeline 2' });
  expect(stepOf(done, 'restore-database')).toBeUndefined();
  expect(stepOf(done, 'restore-application')?.state).toBe('done');
  expect(await scenario.addressOf()).toBe('10.77.2.10');
  await scenario.expectDataOf('us-west-2');
  const { acknowledged, lost } = await observer.lostWrites(began);
  console.log(`failover with replica: ${lost} of ${acknowledged} acknowledged writes lost`);
  expect(acknowledged).toBeGreaterThan(20);
  // Only what was on its way: a recovery point would have lost all of them.
  expect(lost).toBeLessThan(5);
});

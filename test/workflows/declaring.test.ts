/** The watch that lets observers declare: what it begins, and what it leaves alone. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type DeclaringStatus, declaringId } from '../../domain/observers/declaring.ts';
import { act, openRange, runOf, stage } from './support/range.ts';

let range: Awaited<ReturnType<typeof openRange>>;
beforeAll(async () => {
  range = await openRange();
});
afterAll(() => range.close());

const outage = { state: 'outage', evidence: '2 of 2 vantage points see it', procedure: 'failover' } as const;
const script = { items: [stage('one', [act('step')])] };

async function watching() {
  const service = range.service(script);
  const watch = await range.client.workflow.start('declaring', {
    taskQueue: 'muster',
    workflowId: declaringId(service),
    args: [{ service }],
  });
  const status = () => watch.query<DeclaringStatus>('status');
  const says = (words: RegExp) => expect.poll(async () => (await status()).says, { timeout: 15_000 }).toMatch(words);
  const recovery = runOf(range.client.workflow.getHandle(`${service}/recovery`));
  return {
    service,
    watch,
    status,
    says,
    recovery,
    see: (seen: { state: string; [more: string]: string }) => range.see(service, seen),
  };
}

it('begins the run with its evidence, which asks for its go; the same outage is not declared again', async () => {
  const { watch, see, says, status, recovery, service } = await watching();
  see(outage);
  await says(/was begun/);
  const asking = await recovery.until(({ phase }) => phase === 'awaiting-approval');
  expect(asking.requestedBy).toBe('observers');
  expect(JSON.stringify(asking.timeline)).toContain('declared by the observers: 2 of 2 vantage points see it');
  expect(range.calls).toContain(`notice declared danger of ${service}`);
  await recovery.go({ decision: 'no-go' });
  await recovery.result();

  // It lasts: only a service that was well is watched for an outage again.
  await expect.poll(() => range.watched(service)).toBe('well');
  see(outage);
  await expect.poll(async () => (await status()).dealtWith).toBeDefined();
  expect((await status()).declared).toHaveLength(1);

  see({ state: 'well', why: 'well' });
  await says(/seen well/);
  see(outage);
  await expect.poll(async () => (await status()).declared.length, { timeout: 15_000 }).toBe(2);
  await recovery.until(({ phase }) => phase === 'awaiting-approval');
  await recovery.go({ decision: 'no-go' });
  await watch.cancel();
});

it('leaves it to a recovery or a planned move that is under way, and begins it when that ends and the outage lasts', async () => {
  const { service, watch, see, says, status, recovery } = await watching();
  const moving = await range.client.workflow.start('failover', {
    taskQueue: 'muster',
    workflowId: `${service}/recovery`,
    args: [{ procedure: 'failover', service, by: 'dana' }],
  });
  see(outage);
  await says(/runs already: nothing is declared before it has ended/);
  expect(await status()).toMatchObject({ declared: [], refused: { times: 1 } });
  expect((await status()).dealtWith).toBeUndefined();
  await expect.poll(() => range.calls).toContain(`notice outage-not-declared danger of ${service}`);

  // It stays open: tried again, told once, and begun when nothing is in the way any more.
  see(outage);
  await expect.poll(async () => (await status()).refused?.times, { timeout: 15_000 }).toBe(2);
  await moving.terminate();
  see(outage);
  await says(/was begun/);
  expect((await status()).declared).toHaveLength(1);
  expect((await status()).refused).toBeUndefined();
  expect(range.calls.filter((call) => call === `notice outage-not-declared danger of ${service}`)).toHaveLength(1);
  await recovery.until(({ phase }) => phase === 'awaiting-approval');
  await recovery.go({ decision: 'no-go' });
  await watch.cancel();
});

it('declares nothing while a person holds it, and nothing that the observers cannot know', async () => {
  const { watch, see, says, status } = await watching();
  await watch.signal('hold', { by: 'dana', reason: 'new switch' });
  await says(/held by dana: new switch/);
  see(outage);
  // What was seen while it was held is gone once nobody looks any more: only then is it let go.
  await expect
    .poll(async () => (await watch.describe()).raw.pendingActivities?.length ?? 0, { timeout: 15_000 })
    .toBe(0);
  await watch.signal('resume', { by: 'dana' });
  see({ state: 'elsewhere', from: 'west', evidence: 'they see it' });
  await says(/lead to west: nothing is declared, a person decides/);
  see({ state: 'well', why: '' });
  await says(/seen well/);
  see({ state: 'decided', by: 'a run ended', evidence: 'they see it' });
  await says(/a run ended: nothing is declared/);
  expect((await status()).declared).toEqual([]);
  await watch.cancel();
});

it('ends when the plan lets nobody declare any more, and outlives an activity that fails', async () => {
  const { watch, see, status } = await watching();
  see({ state: 'broken' });
  await expect.poll(async () => (await status()).says).toBe('watching');
  see({ state: 'off' });
  expect(await watch.result()).toMatchObject({ why: expect.stringContaining('says nothing of declaring') });
});

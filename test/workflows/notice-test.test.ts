/** The test of the notices as a workflow: who took the message, who has read it, what is kept. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { noticeTestId } from '../../domain/notices/test.ts';
import type { DecisionAnswer } from '../../domain/run/run.ts';
import { openRange } from './support/range.ts';

let range: Awaited<ReturnType<typeof openRange>>;
beforeAll(async () => {
  range = await openRange();
});
afterAll(() => range.close());

async function start(wait: number, receivers = ['team', 'pager']) {
  const service = `svc-${randomUUID().slice(0, 8)}`;
  range.receive(service, async ({ only = [] }) => ({
    deliveries: only
      .filter((name) => name !== 'unknown')
      .map((name) => ({ name, sent: name !== 'broken', why: name === 'broken' ? 'it answered 500' : '' })),
  }));
  const handle = await range.client.workflow.start('noticeTest', {
    taskQueue: 'muster',
    workflowId: noticeTestId(service),
    args: [{ service, by: 'dana', receivers, wait }],
  });
  return { service, handle };
}

it('waits for somebody who has read it, and keeps who that was', async () => {
  const { service, handle } = await start(60_000);
  const acknowledge = (by: string) =>
    handle.executeUpdate<DecisionAnswer, [object]>('acknowledge', { args: [{ by, notice: 'notice-test' }] });
  expect(await acknowledge('robin')).toMatchObject({ taken: true });
  const result = await handle.result();
  expect(result).toMatchObject({
    service,
    by: 'dana',
    receivers: [
      { name: 'team', sent: true },
      { name: 'pager', sent: true },
    ],
    acknowledged: { by: 'robin' },
    kept: ['east', 'west'],
  });
  const [said, over] = range.toldOf(service);
  expect(said).toMatchObject({ event: 'notice-test', severity: 'info', only: ['team', 'pager'] });
  expect(said?.text).toContain(`muster ack ${service} notice-test`);
  expect(over).toMatchObject({ change: 'resolved', matter: 'notice-test', run: said?.run });
});

it('ends when nobody has read it in time, and says so', async () => {
  const { handle } = await start(500);
  expect(await handle.result()).not.toHaveProperty('acknowledged');
});

it('waits for nobody where nobody could be told, and names who the worker does not know', async () => {
  const { handle } = await start(600_000, ['broken', 'unknown']);
  expect(await handle.result()).toMatchObject({
    receivers: [
      { name: 'broken', sent: false, why: 'it answered 500' },
      { name: 'unknown', sent: false, why: expect.stringContaining('no such receiver') },
    ],
  });
});

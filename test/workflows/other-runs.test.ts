/** What deletes recovery points asks the server which other runs of its service go on. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { otherRuns } from '../../activities/runs/other-runs.ts';
import { act, openRange, stage } from './support/range.ts';

let range: Awaited<ReturnType<typeof openRange>>;
beforeAll(async () => {
  range = await openRange();
});
afterAll(() => range.close());

it('sees a recovery that waits for its go, until it has ended; not itself, and no other service', async () => {
  const run = await range.start({ items: [stage('one', [act('held-back')])] });
  await run.until(({ phase }) => phase === 'awaiting-approval');
  const service = run.handle.workflowId.split('/')[0] as string;
  expect(await otherRuns(range.client, service, `${service}/retention`)).toEqual([
    expect.stringMatching(/^failover failover-/),
  ]);
  expect(await otherRuns(range.client, service, run.handle.workflowId)).toEqual([]);
  expect(await otherRuns(range.client, `${service}-2`, `${service}-2/retention`)).toEqual([]);
  await run.go({ decision: 'no-go' });
  await run.result();
  expect(await otherRuns(range.client, service, `${service}/retention`)).toEqual([]);
});

it('lets nothing be deleted where it cannot ask', async () => {
  await expect(otherRuns(undefined, 'svc', 'svc/retention')).rejects.toMatchObject({ type: 'TemporalUnknown' });
});

it('runs retention without a go, and ends with what its steps say', async () => {
  const summary = 'near: 2 recovery points and 9 objects (1.2 MB) deleted.';
  const script = {
    items: [stage('one', [act('apply-retention-near', { output: { summary } })])],
    policy: { required: false },
  };
  const service = range.service(script);
  const handle = await range.client.workflow.start('retention', {
    taskQueue: 'muster',
    workflowId: `${service}/retention`,
    args: [{ procedure: 'retention', service, by: 'schedule', retention: { apply: true } }],
  });
  expect(await handle.result()).toMatchObject({ phase: 'done', summary });
});

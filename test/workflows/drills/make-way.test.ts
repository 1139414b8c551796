/** What every rehearsal does beside a real recovery: it does not begin, and one that goes on ends itself. A test restore as much as a drill. */
import { writeFile } from 'node:fs/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Procedure, procedures, traitsOf, workflowIdOf } from '../../../domain/playbook/procedures.ts';
import { portable } from '../../../lab/histories/portable.ts';
import { act, openRange, runOf, type Script, stage } from '../support/range.ts';

type Range = Awaited<ReturnType<typeof openRange>>;
let range: Range;
beforeAll(async () => {
  range = await openRange();
});
afterAll(() => range.close());

const rehearsals = procedures.filter((each) => traitsOf(each).drill);

const script = (work: string, more: object = {}): Script => ({
  policy: { required: false },
  items: [stage('Try', [act(work, more, { undoable: true })])],
});

async function start(procedure: Procedure, service: string) {
  const handle = await range.client.workflow.start(traitsOf(procedure).workflow, {
    taskQueue: 'muster',
    workflowId: workflowIdOf(service, procedure),
    args: [{ procedure, service, by: 'asker' }],
  });
  return { service, ...runOf(handle) };
}

/** `RECORD_HISTORIES=1` keeps what was just run for the replay tests. */
async function record(name: string, handle: WorkflowHandle): Promise<void> {
  if (!process.env.RECORD_HISTORIES) return;
  await writeFile(new URL(`../histories/${name}.json`, import.meta.url), portable(await handle.fetchHistory()));
}

it('every procedure that rehearses makes way', () => {
  expect(rehearsals).toEqual(['drill', 'isolated-drill', 'test-restore']);
  expect(rehearsals.filter((each) => !traitsOf(each).makesWay)).toEqual([]);
});

describe.each(rehearsals)('%s', (procedure) => {
  it('ends itself when a recovery begins in the middle of its work, takes away what it made, and says for whom', async () => {
    const work = `yields-${procedure}`;
    const run = await start(procedure, range.service(script(work, { wait: true })));
    await expect.poll(() => range.calls, { timeout: 20_000 }).toContain(`${work}#1`);
    range.rescript(run.service, { items: [stage('Restore', [act('for-real')])] });
    const recovery = await range.startOf(run.service);
    expect(await run.result()).toMatchObject({
      phase: 'aborted',
      summary: expect.stringContaining(`was aborted by Muster, for ${run.service}/recovery goes first`),
    });
    expect(range.calls).toContain(`${work} let go`);
    expect(range.calls).toContain(`undo ${work} to {"was":"${work}"}`);
    await recovery.until(({ phase }) => phase === 'awaiting-approval');
    await recovery.go({ decision: 'no-go' });
    await recovery.result();
    if (procedure !== 'drill') await record(`${procedure}-makes-way`, run.handle);
  });

  it('does not begin while somebody holds the lease', async () => {
    const work = `late-${procedure}`;
    const service = range.service(script(work));
    const [since, until] = [Date.now(), Date.now() + 600_000].map((time) => new Date(time).toISOString());
    const whose = { run: 'by-hand-1', procedure: 'failover', holder: 'dana', settled: false };
    range.leased(service, { format: 1, service, generation: 3, since: since ?? '', until: until ?? '', ...whose });
    const run = await start(procedure, service);
    expect(await run.result()).toMatchObject({ phase: 'aborted', summary: expect.stringContaining('run by-hand-1') });
    expect(range.calls.filter((call) => call.startsWith(work))).toEqual([]);
  });

  it('goes through where nobody recovers anything', async () => {
    const run = await start(procedure, range.service(script(`alone-${procedure}`)));
    expect(await run.result()).toMatchObject({ phase: 'done' });
  });
});

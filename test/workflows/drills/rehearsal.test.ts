/** What sets a rehearsal apart: all is put back at its end whatever became of it, it yields to a recovery, and a guard outlives it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunStatus } from '../../../domain/run/run.ts';
import { act, openRange, runOf, type Script, stage } from '../support/range.ts';

type Range = Awaited<ReturnType<typeof openRange>>;
let range: Range;
beforeAll(async () => {
  range = await openRange();
});
afterAll(() => range.close());

const rehearsal = (...steps: Parameters<typeof stage>[1]): Script => ({
  items: [stage('take', [act(`${steps[0]?.id}-host`, {}, { undoable: true })]), stage('try', steps)],
  steady: [act(`${steps[0]?.id}-seen`)],
  policy: { required: false },
  atEnd: 'putBack',
});
const executing = ({ phase }: RunStatus) => phase === 'executing';

async function rehearse(script: Script, more: object = {}) {
  const service = range.service(script);
  const handle = await range.client.workflow.start('isolatedDrill', {
    taskQueue: 'muster',
    workflowId: `${service}/isolated-drill`,
    args: [{ procedure: 'isolated-drill', service, by: 'asker', ...more }],
  });
  return { ...runOf(handle), service };
}
const guardOf = (service: string) => range.client.workflow.getHandle(`${service}/drill-guard`);

describe('a rehearsal', () => {
  it('puts everything back when all went well, then looks, and says both', async () => {
    const run = await rehearse(rehearsal(act('fine')));
    const { phase, summary } = await run.result();
    expect(phase).toBe('done');
    expect(summary).toMatch(/is done\. Put back: Act fine-host\. Seen since: Act fine-seen/);
    expect(range.calls.indexOf('fine#1')).toBeLessThan(
      range.calls.findIndex((call) => call.startsWith('undo fine-host')),
    );
    expect(range.calls.findIndex((call) => call.startsWith('undo fine-host'))).toBeLessThan(
      range.calls.indexOf('fine-seen#1'),
    );
    expect(await guardOf(run.service).result()).toBe('it ended in order');
  });

  it('has failed when what is seen afterwards is not as it was, although every step went well', async () => {
    const script = {
      ...rehearsal(act('touched')),
      steady: [act('touched-seen', { fail: 1, blame: ' the record changed' })],
    };
    const run = await rehearse(script);
    await expect(run.result()).rejects.toThrow();
    const { phase, timeline } = await run.status();
    expect(phase).toBe('failed');
    expect(timeline.at(-1)?.text).toMatch(/the record changed/);
    expect(range.calls.some((call) => call.startsWith('undo touched-host'))).toBe(true);
  });

  it('that fails puts back and looks too, and nobody can skip one of its steps', async () => {
    const run = await rehearse(rehearsal(act('broken', { fail: 1 })), { patience: 60_000 });
    await run.until(({ needs }) => needs.length > 0);
    const answer = await run.update('skip', { by: 'ops', step: 'broken', reason: 'no time' });
    expect(answer).toMatchObject({ taken: false, why: expect.stringMatching(/every step or none/) });
    expect(await run.update('replan', { by: 'ops', reason: 'another' })).toMatchObject({ taken: false });
    await run.update('abort', { by: 'ops', reason: 'enough' });
    expect(await run.result()).toMatchObject({ phase: 'aborted' });
    expect(range.calls.some((call) => call.startsWith('undo broken-host'))).toBe(true);
    expect(range.calls).toContain('broken-seen#1');
  });

  it('is refused its first step while a recovery is under way', async () => {
    const script = rehearsal(act('late'));
    const service = range.service(script);
    range.recovering(service, `${service}/recovery`);
    const handle = await range.client.workflow.start('isolatedDrill', {
      taskQueue: 'muster',
      workflowId: `${service}/isolated-drill`,
      args: [{ procedure: 'isolated-drill', service, by: 'asker' }],
    });
    expect(await handle.result()).toMatchObject({
      phase: 'aborted',
      summary: expect.stringContaining('/recovery goes first'),
    });
    expect(range.calls.filter((call) => call.startsWith('late'))).toEqual(['late-seen#1']);
  });

  it('yields to a recovery that begins while it goes on: the step is let go and all is put back', async () => {
    const run = await rehearse(rehearsal(act('yielding', { wait: true })));
    await run.until((status) => executing(status) && range.calls.includes('yielding#1'));
    range.recovering(run.service, `${run.service}/recovery`);
    expect(await run.result()).toMatchObject({ phase: 'aborted' });
    expect(range.calls).toContain('yielding let go');
    expect(range.calls.some((call) => call.startsWith('undo yielding-host'))).toBe(true);
  }, 60_000);

  it('that is terminated is swept by its guard', async () => {
    const run = await rehearse(rehearsal(act('killed', { wait: true })));
    await run.until((status) => executing(status) && range.calls.includes('killed#1'));
    await run.handle.terminate('somebody at the UI');
    range.rescript(run.service, { ...rehearsal(act('swept')), items: [stage('sweep', [act('swept')])] });
    expect(await guardOf(run.service).result()).toBe('it was killed, and what it left is taken away');
    expect(range.calls).toContain('swept#1');
    const swept = range.assessed.filter(({ service }) => service === run.service).at(-1);
    expect(swept?.request).toEqual({ isolation: { sweep: true } });
  }, 120_000);
});

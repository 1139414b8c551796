import { writeFile } from 'node:fs/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applySchedules, compareSchedules } from '../../activities/schedules/apply.ts';
import { drillSchema } from '../../domain/plan/drills.ts';
import type { Plan } from '../../domain/plan/plan.ts';
import type { Playbook, Step } from '../../domain/playbook/playbook.ts';
import type { RunStatus } from '../../domain/run/run.ts';
import type { DueResult } from '../../domain/schedules/due.ts';
import { wantedSchedules } from '../../domain/schedules/wanted-schedules.ts';
import { portable } from '../../lab/histories/portable.ts';
import { act, openRange, runOf, type Script, stage } from './support/range.ts';

type Range = Awaited<ReturnType<typeof openRange>>;
let range: Range;
beforeAll(async () => {
  range = await openRange();
});
afterAll(() => range.close());

const manual = (id: string, input: object = {}): Step =>
  act(id, { title: id, instructions: '', ...input }, { kind: 'manual', title: id, required: false });

const items: NonNullable<Playbook['drill']>['items'] = [
  { step: 'during-endpoints', when: 'during', title: 'Endpoints functional', ask: 'yes-no' },
  { step: 'after-lessons', when: 'after', title: 'Lessons', ask: 'text' },
  { step: 'sign-off-lead', when: 'sign-off', title: 'Lead: sign?', ask: 'yes-no', role: 'Lead' },
  { step: 'sign-off-manager', when: 'sign-off', title: 'Manager: sign?', ask: 'yes-no', role: 'Manager' },
];
const drill = { name: 'quarterly', kind: 'restore-test', roles: ['Lead', 'Manager'], items } as const;

function scriptOf(work: string, more: object = {}, within?: number): Script {
  const waits = within === undefined ? {} : { within };
  return {
    policy: { required: false },
    drill: structuredClone(drill) as unknown as NonNullable<Playbook['drill']>,
    items: [
      stage('Restore', [act(work, more, { undoable: true })]),
      stage('Look at it', [manual('during-endpoints', { ask: 'yes-no', ...waits })]),
      stage('After the drill', [manual('after-lessons', { ask: 'text', ...waits })]),
      stage('Sign off', [
        manual('sign-off-lead', { ask: 'yes-no', role: 'Lead', signs: true, ...waits }),
        manual('sign-off-manager', { ask: 'yes-no', role: 'Manager', signs: true, people: ['erik', 'dana'], ...waits }),
      ]),
    ],
  };
}

async function hold(script: Script, service = range.service(script)) {
  const handle = await range.client.workflow.start('drill', {
    taskQueue: 'muster',
    workflowId: `${service}/drill`,
    args: [{ procedure: 'drill', service, by: 'dana', drill: { name: 'quarterly' }, patience: 500 }],
  });
  return { service, ...runOf(handle) };
}

const asks = (what: string) => (status: RunStatus) => status.needs.some((need) => need.how.includes(what));

/** `RECORD_HISTORIES=1` keeps what was just run for the replay tests. */
async function record(name: string, handle: WorkflowHandle): Promise<void> {
  if (!process.env.RECORD_HISTORIES) return;
  await writeFile(new URL(`../histories/${name}.json`, import.meta.url), portable(await handle.fetchHistory()));
}

describe('the checklist of a drill', () => {
  it('is answered by Update, refuses what is no answer and one person for two roles, and says so in the end', async () => {
    const run = await hold(scriptOf('restored'));
    const waiting = await run.until(asks('during-endpoints'));
    expect(waiting.needs[0]?.how).toContain('--procedure drill --answer yes|no');
    expect(await run.update('confirm', { by: 'dana', step: 'during-endpoints' })).toMatchObject({ taken: false });
    expect(await run.update('confirm', { by: 'dana', step: 'during-endpoints', answer: 'yes' })).toMatchObject({
      taken: true,
    });
    await run.until(asks('after-lessons'));
    // As a Signal too, which the UI's people may send.
    await run.signal('confirm', { by: 'dana', step: 'after-lessons', answer: 'more disk' });
    await run.until(asks('sign-off-manager'));
    const sign = (by: string, step: string) => run.update('confirm', { by, step, answer: 'yes' });
    expect(await sign('dana', 'sign-off-lead')).toMatchObject({ taken: true });
    expect(await sign('Dana', 'sign-off-manager')).toMatchObject({
      taken: false,
      why: expect.stringContaining('signed by another person'),
    });
    expect(await sign('frank', 'sign-off-manager')).toMatchObject({
      taken: false,
      why: expect.stringContaining('erik, dana may'),
    });
    expect(await sign('erik', 'sign-off-manager')).toMatchObject({ taken: true });
    expect(await run.result()).toMatchObject({
      phase: 'done',
      summary: `Drill quarterly (restore-test) of ${run.service} passed: 4 of 4 items answered.`,
    });
    const { timeline } = await run.status();
    const said = timeline.map(({ by, text }) => `${by}: ${text}`);
    expect(said).toContain('dana: after-lessons confirmed: more disk');
    expect(said).toContainEqual(expect.stringMatching(/^Dana: confirm refused: Dana has signed as Lead/));
    expect(said).toContainEqual(expect.stringMatching(/^frank: confirm refused: frank does not speak for Manager/));
    expect(range.calls).toContain(`notice done info of ${run.service}`);
    await record('drill', run.handle);
  });

  it('that nobody answers leaves the drill incomplete, aloud, and holds nothing up', async () => {
    const run = await hold(scriptOf('unanswered', {}, 300));
    expect(await run.result()).toMatchObject({
      phase: 'done',
      summary: expect.stringContaining('incomplete: 0 of 4 items answered. "Endpoints functional" was not answered.'),
    });
    expect(range.calls).toContain(`notice unanswered warning of ${run.service}`);
    expect(range.calls).toContain(`notice done warning of ${run.service}`);
  });

  it('a no makes the drill fail, though its steps went well', async () => {
    const run = await hold(scriptOf('answered-no', {}, 2_000));
    await run.until(asks('during-endpoints'));
    await run.update('confirm', { by: 'dana', step: 'during-endpoints', answer: 'no: /login answers 500' });
    expect((await run.result()).summary).toContain('failed: 1 of 4 items answered. Endpoints functional: no: /login');
    expect(range.calls).toContain(`notice done danger of ${run.service}`);
  });
});

describe('a drill that is announced', () => {
  it('is told of once for the time it is due, however often it is looked, and again for the next', async () => {
    const service = range.service(scriptOf('never-by-itself'));
    const weekly = drillSchema.parse({ name: 'weekly', kind: 'restore-test', every: '7d', notice: '14d' });
    const wanted = wantedSchedules({ service, schedules: [], drills: [weekly] } as unknown as Plan);
    expect(wanted.map(({ id }) => id)).toEqual([`${service}/drill-weekly`, `${service}/drill-weekly-notice`]);
    await applySchedules(range.client, service, wanted, await compareSchedules(range.client, service, wanted));
    const again = await compareSchedules(range.client, service, wanted);
    expect(again.map(({ action }) => action)).toEqual(['keep', 'keep']);

    const handle = range.client.schedule.getHandle(`${service}/drill-weekly-notice`);
    const look = async (count: number): Promise<DueResult> => {
      await handle.trigger('BUFFER_ONE');
      for (const deadline = Date.now() + 20_000; ; await new Promise((resolve) => setTimeout(resolve, 50))) {
        const { recentActions, runningActions } = (await handle.describe()).info;
        const { workflowId } = recentActions.at(-1)?.action.workflow ?? { workflowId: '' };
        if (recentActions.length === count && runningActions.length === 0)
          return (await range.client.workflow.getHandle(workflowId).result()) as DueResult;
        if (Date.now() > deadline) throw new Error('never came');
      }
    };
    const told = () => range.calls.filter((call) => call === `notice drill-announced info of ${service}`).length;
    const first = await look(1);
    expect(first).toMatchObject({ outcome: 'announced', announced: { told: 1 } });
    expect(first.why).toContain('drill weekly (restore-test) is due at');
    expect(await look(2)).toMatchObject({ outcome: 'not due', announced: first.announced });
    expect(await look(3)).toMatchObject({ outcome: 'not due', announced: first.announced });
    expect(told()).toBe(1);

    // Another time: the plan was changed.
    const moved = wantedSchedules({
      service,
      schedules: [],
      drills: [{ ...weekly, every: 6 * 86_400_000 }],
    } as unknown as Plan);
    await applySchedules(range.client, service, moved, await compareSchedules(range.client, service, moved));
    expect(await look(4)).toMatchObject({ outcome: 'announced', announced: { told: 1 } });
    expect(told()).toBe(2);
    await handle.delete();
    await range.client.schedule.getHandle(`${service}/drill-weekly`).delete();
  });
});

describe('a drill beside which a real recovery begins', () => {
  /** It waits for its go. */
  const failover = async (service: string) => {
    range.rescript(service, { items: [stage('Restore', [act('for-real')])] });
    const handle = await range.client.workflow.start('failover', {
      taskQueue: 'muster',
      workflowId: `${service}/recovery`,
      args: [{ procedure: 'failover', service, by: 'asker' }],
    });
    return runOf(handle);
  };
  const seen = async (what: string) => {
    for (const deadline = Date.now() + 20_000; !range.calls.includes(what); ) {
      if (Date.now() > deadline) throw new Error(`${what} never came`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };

  it('ends itself in the middle of its work, and takes away what it made', async () => {
    const run = await hold(scriptOf('makes-way', { wait: true }));
    await seen('makes-way#1');
    const recovery = await failover(run.service);
    expect(await run.result()).toMatchObject({ phase: 'aborted' });
    expect(range.calls).toContain('undo makes-way to {"was":"makes-way"}');
    const { timeline } = await run.status();
    const words = timeline.map(({ by, text }) => `${by}: ${text}`);
    expect(words).toContainEqual(
      expect.stringMatching(/^Muster: abort: it makes way for a recovery: .*\/recovery \(failover\) began$/),
    );
    await recovery.until(({ phase }) => phase === 'awaiting-approval');
    await recovery.go({ decision: 'no-go' });
    await recovery.result();
    await record('drill-makes-way', run.handle);
  });

  it('ends itself while it waits for people, too', async () => {
    const run = await hold(scriptOf('waits-for-people'));
    await run.until(asks('during-endpoints'));
    const recovery = await failover(run.service);
    expect(await run.result()).toMatchObject({ phase: 'aborted' });
    await recovery.until(({ phase }) => phase === 'awaiting-approval');
    await recovery.go({ decision: 'no-go' });
    await recovery.result();
  });

  it('ends itself for a script that took the lease, and not for a service that is only watched', async () => {
    const script = scriptOf('lease-taken', { wait: true });
    const service = range.service(script);
    const now = new Date();
    const lease = {
      ...{ format: 1 as const, service, generation: 3, run: 'by-hand-1', procedure: 'failover', holder: 'dana' },
      ...{ since: now.toISOString(), until: new Date(now.getTime() + 600_000).toISOString() },
    };
    range.leased(service, { ...lease, settled: true });
    const run = await hold(script, service);
    await seen('lease-taken#1');
    // Many looks at a lease that is in nobody's way.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect((await run.status()).phase).toBe('executing');
    range.leased(service, { ...lease, settled: false });
    expect(await run.result()).toMatchObject({ phase: 'aborted' });
    const { timeline } = await run.status();
    expect(timeline.map(({ text }) => text)).toContainEqual(
      expect.stringContaining('run by-hand-1 (failover, for dana)'),
    );
  });

  it('is left alone by a recovery that ended before it, and leaves no question open behind it', async () => {
    const script = scriptOf('alone', {}, 2_000);
    const service = range.service(script);
    const before = await failover(service);
    await before.until(({ phase }) => phase === 'awaiting-approval');
    await before.go({ decision: 'no-go' });
    await before.result();
    range.rescript(service, script);
    const run = await hold(script, service);
    await run.until(asks('during-endpoints'));
    expect(await run.result()).toMatchObject({ phase: 'done' });
  });
});

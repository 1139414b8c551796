/** Drills of the plan whose work is a run of its own: a failover in isolation, and an exercise with real traffic. */
import { writeFile } from 'node:fs/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endRehearsal } from '../../activities/drills/rehearsal/end-rehearsal.ts';
import { startRehearsal } from '../../activities/drills/rehearsal/start-rehearsal.ts';
import { type ExerciseStatus, exerciseId } from '../../domain/drills/exercise.ts';
import { drillReportOf } from '../../domain/drills/report.ts';
import type { Playbook, Step } from '../../domain/playbook/playbook.ts';
import type { RunStatus } from '../../domain/run/run.ts';
import { portable } from '../../lab/histories/portable.ts';
import { act, openRange, runOf, type Script, stage, stepOf } from './support/range.ts';

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
];

/** As compiled: begun, looked at, ended, learned from. */
function drillOf(service: string, kind: 'isolated' | 'exercise', rehearsed: Script, hold = 60_000): Script {
  const input = { service, kind, drill: 'quarterly', hold, within: 60_000, patience: 300 };
  const at = (id: string, more = {}) => ({ id, queue: 'muster-west', fallback: 'muster-fallback', ...more });
  return {
    policy: { required: false },
    drill: { name: 'quarterly', kind, roles: [], items: structuredClone(items) as typeof items },
    items: [
      stage('Rehearse it', [startRehearsal.step(input, at('start-rehearsal'))]),
      stage('Look at it', [manual('during-endpoints', { ask: 'yes-no' })]),
      stage('End it', [endRehearsal.step(input, at('end-rehearsal', { required: false }))]),
      stage('After the drill', [manual('after-lessons', { ask: 'text' })]),
    ],
    rehearsed,
  };
}

/** Hosts taken, and people let to look. */
const isolated = (mark: string, steady: object = {}): Script => ({
  policy: { required: false },
  atEnd: 'putBack',
  items: [
    stage('take', [act(`${mark}-host`, {}, { undoable: true })]),
    stage('look', [manual('look-at-it', { within: 60_000 })]),
  ],
  steady: [act(`${mark}-seen`, steady)],
});

async function hold(script: Script, service: string) {
  range.rescript(service, script);
  const handle = await range.client.workflow.start('drill', {
    taskQueue: 'muster',
    workflowId: `${service}/drill`,
    args: [{ procedure: 'drill', service, by: 'schedule', drill: { name: 'quarterly' }, patience: 300 }],
  });
  return runOf(handle);
}

const freshService = () => range.service({ items: [stage('none', [act('none')])] });
const of = (service: string, id: string) => runOf(range.client.workflow.getHandle(`${service}/${id}`));
const asks = (what: string) => (status: RunStatus) => status.needs.some(({ how }) => how.includes(what));
const answer = (run: ReturnType<typeof runOf>, step: string, word: string) =>
  run.update('confirm', { by: 'dana', step, answer: word });

/** `RECORD_HISTORIES=1` keeps what was just run for the replay tests. */
async function record(name: string, handle: WorkflowHandle): Promise<void> {
  if (!process.env.RECORD_HISTORIES) return;
  await writeFile(new URL(`../histories/${name}.json`, import.meta.url), portable(await handle.fetchHistory()));
}

describe('a drill in isolation', () => {
  it('asks people while it stands, takes it away when they have answered, and then for the lessons', async () => {
    const service = freshService();
    const run = await hold(drillOf(service, 'isolated', isolated('stands')), service);
    await run.until(asks('during-endpoints'));
    const rehearsal = of(service, 'isolated-drill');
    expect(stepOf(await rehearsal.status(), 'look-at-it')?.state).toBe('running');
    expect(range.calls).not.toContain('undo stands-host to {"was":"stands-host"}');
    const asked = range.assessed.findLast((call) => call.service === service && call.procedure === 'isolated-drill');
    const { run: id } = await run.status();
    expect(asked?.request).toEqual({ isolation: { hold: 60_000, of: id } });
    await answer(run, 'during-endpoints', 'yes');
    await run.until(asks('after-lessons'));
    expect(await rehearsal.result()).toMatchObject({ phase: 'done' });
    expect(range.calls).toContain('undo stands-host to {"was":"stands-host"}');
    await answer(run, 'after-lessons', 'more disk');
    expect(await run.result()).toMatchObject({
      phase: 'done',
      summary: `Drill quarterly (isolated) of ${service} passed: 2 of 2 items answered.`,
    });
    await record('drill-isolated', run.handle);
  });

  it('that touched something real has failed, and the lessons are asked for all the same', async () => {
    const service = freshService();
    const touched = isolated('touches', { fail: 1, blame: ' the record changed' });
    const run = await hold(drillOf(service, 'isolated', touched), service);
    await run.until(asks('during-endpoints'));
    await answer(run, 'during-endpoints', 'yes');
    await run.until(asks('after-lessons'));
    await answer(run, 'after-lessons', 'mend the network');
    const { phase, summary } = await run.result();
    expect(phase).toBe('done');
    expect(summary).toMatch(/\(isolated\) of \S+ failed: 2 of 2 items answered\. .*the record changed/);
  });

  it('makes way for a recovery, and has put back what it rehearsed on before it says so', async () => {
    const service = freshService();
    const run = await hold(drillOf(service, 'isolated', isolated('gives-way')), service);
    await run.until(asks('during-endpoints'));
    range.rescript(service, { items: [stage('Restore', [act('for-real')])] });
    const recovery = await range.startOf(service);
    expect(await run.result()).toMatchObject({ phase: 'aborted' });
    expect(range.calls).toContain('undo gives-way-host to {"was":"gives-way-host"}');
    expect(await of(service, 'isolated-drill').result()).toMatchObject({ phase: 'aborted' });
    await recovery.until(({ phase }) => phase === 'awaiting-approval');
    await recovery.go({ decision: 'no-go' });
    await recovery.result();
  });

  it('that is terminated leaves nothing standing: what it began puts itself back and says why', async () => {
    const service = freshService();
    const run = await hold(drillOf(service, 'isolated', isolated('left-alone')), service);
    await run.until(asks('during-endpoints'));
    const { run: id } = await run.status();
    const rehearsal = of(service, 'isolated-drill');
    await run.handle.terminate('by hand, in the UI');
    expect(await rehearsal.result()).toMatchObject({
      phase: 'aborted',
      summary: expect.stringContaining('was aborted by Muster'),
    });
    const { timeline } = await rehearsal.status();
    expect(timeline.map(({ text }) => text)).toContain(`abort: ${id}, which began it, does not run any more`);
    expect(range.calls).toContain('undo left-alone-host to {"was":"left-alone-host"}');
    await record('isolated-drill-orphaned', rehearsal.handle);
  });

  it('does not take the one that somebody else has begun for its own', async () => {
    const service = freshService();
    const script = drillOf(service, 'isolated', isolated('others'));
    range.rescript(service, script);
    const other = await range.client.workflow.start('isolatedDrill', {
      taskQueue: 'muster',
      workflowId: `${service}/isolated-drill`,
      args: [{ procedure: 'isolated-drill', service, by: 'ops' }],
    });
    const run = await hold(script, service);
    await expect(run.result()).rejects.toThrow();
    expect(stepOf(await run.status(), 'start-rehearsal')?.error?.type).toBe('RehearsalUnderWay');
    expect((await other.describe()).status.name).toBe('RUNNING');
    await runOf(other).update('abort', { by: 'ops', reason: 'enough' });
    await other.result();
  });
});

describe('an exercise with real traffic', () => {
  it('begins by the go of people only, is looked at while users are there, and ends when they are home', async () => {
    const service = freshService();
    const move = { items: [stage('move', [act('moves')]), stage('look', [act('looks', {}, { kind: 'checkHealth' })])] };
    const run = await hold(drillOf(service, 'exercise', move, 3_000), service);
    const exercise = range.client.workflow.getHandle(exerciseId(service));
    const stageIs = (wanted: string) =>
      expect
        .poll(async () => (await exercise.query<ExerciseStatus>('status').catch(() => undefined))?.stage, {
          timeout: 20_000,
        })
        .toBe(wanted);
    await stageIs('preparing');
    await exercise.signal('prepared', { by: 'network' });
    await stageIs('out');
    const moves = of(service, 'recovery');
    const go = async (procedure: string) => {
      const waits = async () => {
        const now = await moves.status().catch(() => undefined);
        return now?.procedure === procedure && now.phase;
      };
      await expect.poll(waits, { timeout: 20_000 }).toBe('awaiting-approval');
      await moves.go();
    };
    expect(stepOf(await run.status(), 'start-rehearsal')?.state).toBe('running');
    await go('switchover');
    await run.until(asks('during-endpoints'));
    // What the move out took, without the time that people took before it.
    const out = await moves.status();
    const looked = Date.parse(`${stepOf(out, 'looks')?.finishedAt}`) - Date.parse(`${stepOf(out, 'moves')?.startedAt}`);
    await answer(run, 'during-endpoints', 'yes');
    await go('failback');
    await run.until(asks('after-lessons'));
    await answer(run, 'after-lessons', 'none');
    expect((await run.result()).summary).toContain('Drill quarterly (exercise)');
    const { phase, clock } = await run.status();
    expect(phase).toBe('done');
    const reported = range.written.find(({ status }) => status.service === service && status.procedure === 'drill');
    const metrics = reported && drillReportOf(reported)?.metrics;
    expect(metrics).toMatchObject({ act: looked });
    expect(metrics?.decide).toBe(Date.parse(`${stepOf(out, 'moves')?.startedAt}`) - Date.parse(clock.declared.at));
    expect(await exercise.result()).toMatchObject({ result: 'home', by: 'drill quarterly' });
    await record('drill-exercise', run.handle);
  }, 60_000);
});

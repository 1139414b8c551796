/** An exercise from its preparation to its one report: out, held, home; and each way in which it does not come so far. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ExerciseInput, type ExerciseStatus, exerciseId, exerciseMarkdown } from '../../domain/drills/exercise.ts';
import { act, openRange, runOf, type Script, stage } from './support/range.ts';
import { recordHistory } from './support/record.ts';

type Range = Awaited<ReturnType<typeof openRange>>;
let range: Range;
beforeAll(async () => {
  range = await openRange();
});
afterAll(() => range.close());

const told = (notice: string) => expect.poll(() => range.calls, { timeout: 20_000 }).toContain(notice);

const moving: Script = { items: [stage('move', [act('moves')])] };

async function begin(script: Script, more: Partial<ExerciseInput> = {}) {
  const service = range.service(script);
  const handle = await range.client.workflow.start('exercise', {
    taskQueue: 'muster',
    workflowId: exerciseId(service),
    args: [{ service, by: 'coordinator', hold: 300, ...more }],
  });
  const status = () => handle.query<ExerciseStatus>('status');
  const until = async (is: (now: ExerciseStatus) => boolean) => {
    for (const deadline = Date.now() + 20_000; ; await new Promise((wake) => setTimeout(wake, 50))) {
      const now = await status();
      if (is(now)) return now;
      if (Date.now() > deadline) throw new Error(`never came: ${JSON.stringify(now)}`);
    }
  };
  const move = runOf(range.client.workflow.getHandle(`${service}/recovery`));
  /** The run of one half, once it waits for its go. */
  const waits = async (procedure: string) => {
    await until(({ stage: now }) => now === (procedure === 'switchover' ? 'out' : 'home'));
    for (const deadline = Date.now() + 20_000; ; await new Promise((wake) => setTimeout(wake, 50))) {
      const now = await move.status().catch(() => undefined);
      if (now?.procedure === procedure && now.phase === 'awaiting-approval') return move;
      if (Date.now() > deadline) throw new Error(`${procedure} never asked`);
    }
  };
  return { service, handle, status, until, waits, result: () => handle.result() as Promise<ExerciseStatus> };
}

it('asks for the TTL first, goes out, holds, comes home, each move by its own go, and says both in one report', async () => {
  const exercise = await begin(moving);
  await exercise.until(({ stage: now }) => now === 'preparing');
  await told(`notice exercise-prepare warning of ${exercise.service}`);
  await exercise.handle.signal('prepared', { by: 'network', reason: '60 s' });
  await (await exercise.waits('switchover')).go();
  await (await exercise.waits('failback')).go();
  const ended = await exercise.result();
  expect(ended).toMatchObject({ result: 'home', legs: [{ procedure: 'switchover' }, { procedure: 'failback' }] });
  expect(Date.parse(ended.legs[1]?.startedAt ?? '') - Date.parse(ended.heldFrom ?? '')).toBeGreaterThanOrEqual(300);
  expect(ended.decisions).toMatchObject([{ by: 'network', text: 'prepared: 60 s' }]);
  expect(exerciseMarkdown(ended)).toMatch(/# Regional exercise of .*: home/);
  expect(range.exercises.map(({ run }) => run)).toContain(ended.run);
  const asked = range.assessed.filter(({ service }) => service === exercise.service);
  expect(asked.map(({ procedure, request }) => [procedure, request?.exercise?.run])).toEqual([
    ['switchover', ended.run],
    ['failback', ended.run],
  ]);
  await recordHistory('exercise', exercise.handle);
});

it('ends where it began when nobody lets it go, and nothing was moved', async () => {
  const exercise = await begin(moving);
  await exercise.handle.signal('prepared', { by: 'network' });
  await (await exercise.waits('switchover')).go({ decision: 'no-go', reason: 'not today' });
  expect(await exercise.result()).toMatchObject({ result: 'not moved', legs: [{ phase: 'rejected' }] });
});

it('may be ended before it has moved, and asks nobody then', async () => {
  const exercise = await begin(moving);
  await exercise.until(({ stage: now }) => now === 'preparing');
  await exercise.handle.signal('end', { by: 'coordinator', reason: 'a release is due' });
  expect(await exercise.result()).toMatchObject({ result: 'not moved', legs: [] });
});

it('goes home at a word, long before its time is over', async () => {
  const exercise = await begin(moving, { hold: 3_600_000 });
  await exercise.handle.signal('prepared', { by: 'network' });
  await (await exercise.waits('switchover')).go();
  await exercise.until(({ stage: now }) => now === 'holding');
  await exercise.handle.signal('home', { by: 'coordinator', reason: 'checkout is slow' });
  await (await exercise.waits('failback')).go();
  expect(await exercise.result()).toMatchObject({
    result: 'home',
    decisions: [{}, { text: 'go home: checkout is slow' }],
  });
});

it('is away when the way home is refused: people are told, and it is tried again at a word', async () => {
  const exercise = await begin(moving, { hold: 0 });
  await exercise.handle.signal('prepared', { by: 'network' });
  await (await exercise.waits('switchover')).go();
  await (await exercise.waits('failback')).go({ decision: 'no-go', reason: 'not yet' });
  await exercise.until(({ stage: now }) => now === 'away');
  await told(`notice exercise-not-home danger of ${exercise.service}`);
  await exercise.handle.signal('home', { by: 'coordinator' });
  await (await exercise.waits('failback')).go();
  const ended = await exercise.result();
  expect(ended).toMatchObject({ result: 'home' });
  expect(ended.legs.map(({ phase }) => phase)).toEqual(['done', 'rejected', 'done']);
});

it('that is cancelled in the UI while it is away goes home, by a failback like any other', async () => {
  const exercise = await begin(moving, { hold: 3_600_000 });
  await exercise.handle.signal('prepared', { by: 'network' });
  await (await exercise.waits('switchover')).go();
  await exercise.until(({ stage: now }) => now === 'holding');
  await exercise.handle.cancel();
  await (await exercise.waits('failback')).go();
  expect(await exercise.result()).toMatchObject({
    result: 'home',
    decisions: [{}, { by: 'Temporal', text: 'cancelled' }],
  });
});

it('asks people where a move was ended half-way: which site serves is not known', async () => {
  const exercise = await begin({ items: [stage('move', [act('half-way', { wait: true })])] });
  await exercise.handle.signal('prepared', { by: 'network' });
  const move = await exercise.waits('switchover');
  await move.go();
  await move.until(({ phase }) => phase === 'executing');
  await move.update('abort', { by: 'ops', reason: 'enough' });
  await exercise.until(({ stage: now }) => now === 'away');
  await exercise.handle.signal('end', { by: 'coordinator' });
  expect(await exercise.result()).toMatchObject({ result: 'unclear', legs: [{ phase: 'aborted' }] });
});

it('does not begin beside another recovery of the service', async () => {
  const service = range.service(moving);
  await range.start({ items: [stage('hold', [act('held-by-another', { wait: true })])] }, { service });
  const handle = await range.client.workflow.start('exercise', {
    taskQueue: 'muster',
    workflowId: exerciseId(service),
    args: [{ service, by: 'coordinator' }],
  });
  await handle.signal('prepared', { by: 'network' });
  expect(await handle.result()).toMatchObject({
    result: 'not moved',
    legs: [{ phase: 'failed', summary: expect.stringContaining(`another run holds ${service}/recovery`) }],
  });
});

it('waits a day ahead of its time, and a Signal without a name is not heard', async () => {
  const at = new Date(Date.now() + 3_000).toISOString();
  const exercise = await begin(moving, { at, ahead: 2_500 });
  await exercise.handle.signal('prepared', { reason: 'nobody' });
  await exercise.until(({ stage: now }) => now === 'preparing');
  await exercise.handle.signal('prepared', { by: 'network' });
  await (await exercise.waits('switchover')).go({ decision: 'no-go' });
  const ended = await exercise.result();
  expect(Date.parse(ended.legs[0]?.startedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(at));
  expect(ended.decisions.map(({ by }) => by)).toEqual(['network']);
});

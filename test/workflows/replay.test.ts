/** Runs recorded by earlier builds replay on this one: a run that is under way outlives an update of the workers. */
import { readdirSync, readFileSync } from 'node:fs';
import { bundleWorkflowCode, DefaultLogger, Runtime, Worker, type WorkflowBundle } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { beforeAll, describe, expect, it } from 'vitest';
import { procedures, traitsOf } from '../../domain/playbook/procedures.ts';
import { workflowInterceptorModules, workflowsPath } from '../../workers/workflow-code.ts';

/** As far as the tests look into one. */
interface History {
  events: Event[];
}
interface Event {
  eventId: string;
  eventType: string;
  workflowExecutionStartedEventAttributes?: Start;
  activityTaskScheduledEventAttributes?: Call;
}
interface Start {
  workflowId: string;
  workflowType: { name: string };
}
interface Call {
  activityType: { name: string };
}

const folder = new URL('../histories/', import.meta.url);
const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
const read = (name: string): History => JSON.parse(readFileSync(new URL(name, folder), 'utf8'));

Runtime.install({ logger: new DefaultLogger('ERROR') });
let workflowBundle: WorkflowBundle;

beforeAll(async () => {
  workflowBundle = await bundleWorkflowCode({
    workflowsPath,
    workflowInterceptorModules,
  });
});

describe('the recorded histories', () => {
  it('are of every procedure', () => {
    const recorded = new Set(names.map((name) => startOf(read(name)).workflowType.name));
    const missing = procedures.filter((procedure) => !recorded.has(traitsOf(procedure).workflow));
    expect(missing).toEqual([]);
  });

  it.each(names)('%s replays on this build without a difference', async (name) => {
    expect(await replay(read(name))).toBeUndefined();
  });

  it.each(names.filter(hasCalls))('%s with another activity type in one place is refused', async (name) => {
    const history = read(name);
    const calls = callsOf(history);
    const middle = calls[Math.floor(calls.length / 2)] as Call;
    middle.activityType.name = 'anotherActivity';
    expect(await replay(history)).toBeInstanceOf(DeterminismViolationError);
  });

  it('a history in which this build would call what nobody called is refused', async () => {
    const history = read('failover.json');
    const at = history.events.findIndex(({ activityTaskScheduledEventAttributes: call }) => isCompile(call));
    const { eventId } = history.events[at] as Event;
    // Cut off there, and a timer in its place: as if an earlier build had waited first.
    const timer = { timerId: '1', startToFireTimeout: '5s' };
    const waited = { eventId, eventType: 'EVENT_TYPE_TIMER_STARTED', timerStartedEventAttributes: timer };
    history.events.splice(at, history.events.length, waited);
    expect(await replay(history)).toBeInstanceOf(DeterminismViolationError);
  });
});

function startOf({ events }: History): Start {
  return events[0]?.workflowExecutionStartedEventAttributes as Start;
}

function callsOf({ events }: History): Call[] {
  return events.flatMap(({ activityTaskScheduledEventAttributes: call }) => (call ? [call] : []));
}

/** A run that only started another one has none. */
function hasCalls(name: string): boolean {
  return callsOf(read(name)).length > 0;
}

function isCompile(call: Call | undefined): boolean {
  return call?.activityType.name === 'compilePlaybook';
}

/** Undefined when the workflows of this build would have done the same. */
async function replay(history: History): Promise<Error | undefined> {
  // Under another id a run would start the real one and end.
  const { workflowId } = startOf(history);
  const results = Worker.runReplayHistories({ workflowBundle }, [{ workflowId, history }]);
  for await (const { error } of results) return error;
  throw new Error('Nothing was replayed.');
}

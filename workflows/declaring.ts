/**
 * `<service>/declare`: waits for an outage that several observers see, and begins the procedure which the plan names, once an outage.
 * It decides nothing else: the run asks for its go as usual. People hold it during planned work.
 */
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  ChildWorkflowCancellationType,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  ParentClosePolicy,
  patched,
  setCurrentDetails,
  setHandler,
  sleep,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import { matterOf } from '../domain/notices/events.ts';
import {
  type Declaring,
  type DeclaringStatus,
  declaredBy,
  declaringSchema,
  holdSchema,
  type Watched,
} from '../domain/observers/declaring.ts';
import { traitsOf, workflowIdOf } from '../domain/playbook/procedures.ts';
import { type NoticeCall, type ToldPeople, workflowQueue } from '../domain/run/protocol.ts';
import { followUp } from './notices/desk.ts';
import { callActivity } from './run/call-activity.ts';
import { badInput } from './run/failures.ts';
import { asSummary } from './run/summary.ts';

const statusQuery = defineQuery<DeclaringStatus>('status');
const holdSignal = defineSignal<[unknown]>('hold');
const resumeSignal = defineSignal<[unknown]>('resume');

/** ms of one watch, after which the plan is read again. */
const oneWatch = 600_000;
/** ms after something could not be asked, or begun; longer each time that a run is still in the way. */
const again = 5_000;
const atMostAgain = 60_000;

export async function declaring(raw: unknown): Promise<{ why: string }> {
  const parsed = declaringSchema.safeParse(raw);
  if (!parsed.success) throw badInput('This needs the name of a service.', '{"service": "spacetime"}');
  const state: Declaring = parsed.data;
  const declared: string[] = [];
  let says = 'watching';
  const say = (words: string) => {
    says = words;
    setCurrentDetails(words);
  };
  setHandler(statusQuery, () => ({ ...state, says, declared }), {
    description: 'What is watched for, held by whom, what was begun.',
  });
  receiveHolds(state, say);

  for (;;) {
    if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof declaring>(state);
    if (state.held) {
      await condition(() => state.held === undefined);
      say('watching');
    }
    const seen = await watch(state);
    if (seen.state === 'off') return { why: `the plan of ${state.service} says nothing of declaring any more` };
    // Held while it watched: what was seen is looked for anew afterwards.
    if (state.held) continue;
    if (seen.state === 'nothing') {
      if (state.refused === undefined || seen.why === unwatched) continue;
      state.refused = undefined;
      say('watching');
      continue;
    }
    if (seen.state === 'well') {
      state.dealtWith = undefined;
      say('the service is seen well: watching');
      continue;
    }
    const outcome = await dealWith(state, seen);
    if (outcome.begun) declared.push(outcome.begun);
    say(outcome.says);
    // It stays open: what is in the way may be something else, and end without having dealt with it.
    if (outcome.inTheWay && patched('declared-once-it-can-be')) {
      await refused(state, seen, outcome.says);
      continue;
    }
    state.refused = undefined;
    state.dealtWith = seen.evidence;
  }
}

interface Outcome {
  readonly says: string;
  readonly begun?: string;
  /** Another run has the workflow id. */
  readonly inTheWay?: true;
}

type SeenOutage = Extract<Watched, { readonly evidence: string }>;

/** Begins the run; or leaves it, aloud, to whoever recovers the service already, and to people where it would be the wrong one. */
async function dealWith({ service }: Declaring, seen: SeenOutage): Promise<Outcome> {
  if (seen.state === 'elsewhere') {
    const text = `${service} is down, and its names lead to ${seen.from}: nothing is declared, a person decides. ${seen.evidence}`;
    await tell(service, 'outage-not-declared', text);
    return { says: text };
  }
  if (seen.state === 'decided') return { says: `${seen.by}: nothing is declared. ${seen.evidence}` };
  const { procedure, evidence } = seen;
  const workflowId = workflowIdOf(service, procedure);
  const reason = `declared by the observers: ${evidence}`;
  try {
    await startChild(traitsOf(procedure).workflow, {
      workflowId,
      taskQueue: workflowQueue,
      args: [{ procedure, service, by: declaredBy, reason }],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      cancellationType: ChildWorkflowCancellationType.ABANDON,
      memo: { service, procedure, by: declaredBy },
      staticSummary: asSummary(`${procedure.toUpperCase()} declared by the observers`),
      priority: { priorityKey: traitsOf(procedure).priority },
    });
  } catch (error) {
    // A recovery or a planned move holds the same id: it is theirs as long as that goes on.
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    const says = `${workflowId} runs already: nothing is declared before it has ended. ${evidence}`;
    return { says, inTheWay: true };
  }
  await tell(service, 'declared', `${procedure} of ${service} is ${reason}`);
  return { says: `${workflowId} was begun: ${evidence}`, begun: workflowId };
}

/** People are told once an outage; it is tried again for as long as it is seen. */
async function refused(state: Declaring, { evidence }: SeenOutage, says: string): Promise<void> {
  const { times = 0 } = state.refused ?? {};
  state.refused = { evidence, times: times + 1 };
  if (times === 0) await tell(state.service, 'outage-not-declared', `${state.service} is down, and ${says}`);
  await condition(() => state.held !== undefined, Math.min(again * 2 ** Math.min(times, 10), atMostAgain));
}

/** What cannot be asked now is asked again: this must outlive every worker. */
async function watch({ service, dealtWith }: Declaring): Promise<Watched> {
  const until = dealtWith === undefined ? 'outage' : 'well';
  const limits = {
    startToClose: oneWatch + 60_000,
    scheduleToStart: 10_000,
    budget: oneWatch + 120_000,
    heartbeat: 10_000,
  };
  try {
    return await callActivity<Watched>(
      {
        name: 'watchForOutage',
        summary: `Watch ${service} until it is ${until === 'well' ? 'well' : 'down'}`,
        queues: [anyWorker],
        limits,
      },
      { service, until, atMost: oneWatch },
    );
  } catch {
    await sleep(again);
    return { state: 'nothing', why: unwatched };
  }
}
const anyWorker = 'muster-fallback';
/** Of a watch that failed: it says nothing of the outage. */
const unwatched = 'nobody could watch';

async function tell(service: string, event: string, text: string): Promise<void> {
  const limits = { startToClose: 20_000, scheduleToStart: 10_000, budget: 120_000, heartbeat: 10_000 };
  const matter = matterOf(event);
  const notice: NoticeCall = { service, run: 'declare', event, severity: 'danger', text, fields: {}, matter };
  const call = { name: 'notify', summary: `Tell people: ${event}`, queues: [anyWorker], limits };
  await followUp(notice, await callActivity<ToldPeople>(call, notice).catch(() => undefined));
}

function receiveHolds(state: Declaring, say: (words: string) => void): void {
  setHandler(
    holdSignal,
    (given) => {
      const { data } = holdSchema.safeParse(given);
      if (!data) return say('a malformed hold was ignored: it names who holds (by) and why (reason)');
      state.held = { ...data, at: new Date().toISOString() };
      say(`held by ${data.by}: ${data.reason}`);
    },
    { description: 'Declare nothing until resumed: {"by": "...", "reason": "planned work"}' },
  );
  setHandler(
    resumeSignal,
    () => {
      state.held = undefined;
    },
    { description: 'Watch again after a hold: {"by": "..."}' },
  );
}

/**
 * Step `startRehearsal`: a drill of the plan begins what it rehearses, a failover in isolation or an exercise with real traffic, as a run of its
 * own with its own lock, preview and report, and goes on when people can look at it.
 */
import { type Client, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import type { ExerciseInput } from '../../../domain/drills/exercise.ts';
import { refusal } from '../../../domain/errors.ts';
import { workflowQueue } from '../../../domain/run/protocol.ts';
import type { RunInput } from '../../../domain/run/run.ts';
import type { StepContext } from '../../context.ts';
import { defineStep } from '../../step.ts';
import { waitFor } from '../../waiting.ts';
import { seeRehearsal } from './seen.ts';
import { markOf, type RehearsalInput, rehearsalId, rehearsalSchema, startedBefore } from './started.ts';

const titles = {
  isolated: 'Rehearse the failover in isolation, until it can be looked at',
  exercise: 'Ask for the exercise with real traffic, until users are served from the other site',
} as const;

/** Output: `{ outcome, rehearsal, measured }`. */
export const startRehearsal = defineStep({
  kind: 'startRehearsal',
  version: 1,
  input: rehearsalSchema,
  title: ({ kind }) => titles[kind],
  shell: ({ kind, service }) => [
    kind === 'exercise' ? `muster exercise start ${service}` : `muster rehearse ${service} --watch`,
  ],
  async run(input, context) {
    const temporal = clientOf(context);
    await begin(temporal, input, context);
    const seen = await waitFor(
      { within: input.within, signal: context.signal, onLook: () => context.heartbeat() },
      async () => {
        const now = await seeRehearsal(temporal, input);
        return now.stands || now.ended ? now : undefined;
      },
    );
    if (!seen) throw notCarriedOut(input, 'nobody let it go in time');
    if (seen.ended) throw notCarriedOut(input, seen.ended.summary);
    const { run, measured } = seen;
    return { outcome: `${run} stands`, rehearsal: run, ...(measured ? { measured } : {}) };
  },
  /** It is cancelled, and puts back what it did by itself: an exercise goes home, which people let go. */
  async undo(input, _before, context) {
    const temporal = clientOf(context);
    const now = await startedBefore(temporal, input);
    // Of whichever generation: what somebody retried has started another.
    const own = now?.mark?.startsWith(`${context.run}#`);
    if (!own || !now?.running) return { outcome: 'it had ended' };
    const handle = temporal.workflow.getHandle(rehearsalId(input));
    await handle.cancel();
    if (input.kind === 'exercise') return { outcome: 'it ends, or goes home' };
    const gone = await waitFor(
      { within: undoWithin, signal: context.signal, onLook: () => context.heartbeat() },
      async () => ((await handle.describe()).status.name === 'RUNNING' ? undefined : true),
    );
    return { outcome: gone ? 'it has put back what it did' : 'it still puts back what it did' };
  },
});

/** ms; of the ten minutes that a putting back has. */
const undoWithin = 8 * 60_000;

/** Started, or found as an earlier attempt has left it. @throws RehearsalUnderWay */
async function begin(temporal: Client, input: RehearsalInput, context: StepContext): Promise<void> {
  const mark = markOf(context);
  const own = async () => (await startedBefore(temporal, input))?.mark === mark;
  if (await own()) return;
  const by = `drill ${input.drill}`;
  const reason = `drill ${input.drill}, ${context.run}`;
  const run = `isolated-drill-${context.run.replace(/^drill-/, '')}-${context.generation}`.slice(0, 100);
  const { service, kind, hold, patience } = input;
  const isolation = { hold, of: context.run };
  const drill: RunInput = { procedure: 'isolated-drill', service, by, reason, run, patience, isolation };
  const exercise: ExerciseInput = { service, by, reason, hold };
  context.assertCurrent();
  try {
    await temporal.workflow.start(kind === 'exercise' ? 'exercise' : 'isolatedDrill', {
      workflowId: rehearsalId(input),
      taskQueue: workflowQueue,
      args: [kind === 'exercise' ? exercise : drill],
      workflowIdConflictPolicy: 'FAIL',
      memo: { service, by, rehearsalOf: mark },
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    if (await own()) return;
    throw refusal(
      'RehearsalUnderWay',
      `${rehearsalId(input)} runs already, for somebody else.`,
      'wait for its end, then retry the step.',
    );
  }
}

function notCarriedOut({ drill, kind }: RehearsalInput, why: string) {
  const hint =
    kind === 'exercise'
      ? 'retry the step, then lower the TTL and let the move go.'
      : 'look at its report, then retry the step.';
  return refusal(
    'NotCarriedOut',
    `What drill ${drill} rehearses was not carried out: ${why.replace(/\.$/, '')}.`,
    hint,
  );
}

/** @throws TemporalUnknown */
export function clientOf({ temporal }: Pick<StepContext, 'temporal'>): Client {
  if (temporal) return temporal;
  throw refusal(
    'TemporalUnknown',
    'This worker has no connection to start anything in Temporal with.',
    'start it as workers/main.ts does.',
  );
}

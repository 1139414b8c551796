/** How what a drill rehearses stands: whether people can look at it, or how it has ended. Out of its own status, which answers when it has ended, too. */
import type { Client, WorkflowHandle } from '@temporalio/client';
import type { ExerciseStatus } from '../../../domain/drills/exercise.ts';
import { lookStep } from '../../../domain/drills/isolation.ts';
import { workflowIdOf } from '../../../domain/playbook/procedures.ts';
import { moveMeasures, rehearsalMeasures } from '../../../domain/report/drill.ts';
import { endedPhases, type RunStatus } from '../../../domain/run/run.ts';
import { type RehearsalInput, rehearsalId } from './started.ts';

export interface Seen {
  /** Muster's id of the run. */
  readonly run: string;
  readonly stands: boolean;
  /** How it has ended; absent while it goes on. */
  readonly ended?: { readonly well: boolean; readonly summary: string };
  /** What it has measured so far. */
  readonly measured?: object;
}

export async function seeRehearsal(temporal: Client, input: RehearsalInput): Promise<Seen> {
  const handle = temporal.workflow.getHandle(rehearsalId(input));
  // Asked first, so that what has ended is seen as it ended.
  const { status } = await handle.describe();
  const seen = await statusOf(handle, input);
  if (status.name === 'RUNNING' || seen.ended) return seen;
  return { ...seen, stands: false, ended: { well: false, summary: `it was ${status.name.toLowerCase()}` } };
}

async function statusOf(handle: WorkflowHandle, input: RehearsalInput): Promise<Seen> {
  return input.kind === 'exercise'
    ? seenOfExercise(await handle.query<ExerciseStatus>('status'), moveOf(handle.client, input.service))
    : seenOfDrill(await handle.query<RunStatus>('status'));
}

/** What a move of the exercise, or who came after it, says under the recovery's id. */
function moveOf(temporal: Pick<Client, 'workflow'>['workflow'], service: string): () => Promise<RunStatus | undefined> {
  const handle = temporal.getHandle(workflowIdOf(service, 'switchover'));
  return () => handle.query<RunStatus>('status').catch(() => undefined);
}

function seenOfDrill(status: RunStatus): Seen {
  const { run, phase, stages, timeline } = status;
  const look = stages.flatMap(({ ranks }) => ranks.flat()).find(({ id }) => id === lookStep);
  const summary = timeline.findLast(({ kind }) => kind === 'end')?.text ?? `it ended ${phase}`;
  return {
    run,
    stands: look?.state === 'running',
    measured: rehearsalMeasures(status),
    ...(endedPhases.includes(phase) ? { ended: { well: phase === 'done', summary } } : {}),
  };
}

async function seenOfExercise(
  { run, stage, result, says, legs }: ExerciseStatus,
  moved: () => Promise<RunStatus | undefined>,
): Promise<Seen> {
  const stands = stage === 'holding';
  const ended = stage === 'ended' ? { ended: { well: result === 'home', summary: says } } : {};
  const move = stands ? await moved() : undefined;
  // A failover that has come after it is none of its moves.
  const measured = move && move.run === legs.at(-1)?.run ? moveMeasures(move) : undefined;
  return { run, stands, ...ended, ...(measured ? { measured } : {}) };
}

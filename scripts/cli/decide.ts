/** Sends a decision: as an Update, which is answered; as a Signal when no worker answers, or the run takes no Update, which waits for one. */
import {
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { refusal } from '../../domain/errors.ts';
import type { DecisionAnswer } from '../../domain/run/run.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import type { Cli } from './cli.ts';
import { say, sayJson } from './io.ts';
import type { RunSeen } from './runs.ts';
import { inTime, onceItTakesOne, type Temporal, takesNoUpdate } from './temporal.ts';

/** ms; the run has just answered a query when an Update is sent, so this is long. */
const updatePatience = 15_000;

export type Sent =
  | ({ readonly way: 'update' } & DecisionAnswer)
  /** Stored by the server; not judged yet. */
  | { readonly way: 'signal' };

/** `signal: true` sends the Signal without trying the Update. @throws RunEnded, or the refusal of a malformed decision */
export async function sendDecision(
  temporal: Temporal,
  run: RunSeen,
  name: string,
  payload: object,
  options: { signal?: boolean } = {},
): Promise<Sent> {
  if (run.state !== 'RUNNING') throw runEnded(run, run.phase);
  const handle = temporal.client.workflow.getHandle(run.workflowId, run.execution);
  if (!options.signal && run.source === 'query') {
    try {
      const answer = await onceItTakesOne(updatePatience, () =>
        inTime(temporal, updatePatience, () =>
          handle.executeUpdate<DecisionAnswer, [object]>(name, { args: [payload] }),
        ),
      );
      return { way: 'update', ...answer };
    } catch (error) {
      if (error instanceof WorkflowUpdateFailedError) {
        throw refusal('DecisionRefused', messageOf(error), 'send it again with what is asked for.');
      }
      if (error instanceof WorkflowNotFoundError) throw runEnded(run, 'a moment ago');
      // The Update may still be taken later; the same decision a second time is refused, so the Signal does no harm.
      if (!(error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) && !takesNoUpdate(error)) throw error;
    }
  }
  try {
    await inTime(temporal, updatePatience, () => handle.signal<[object]>(name, payload));
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) throw runEnded(run, 'a moment ago');
    throw error;
  }
  return { way: 'signal' };
}

function runEnded(run: RunSeen, how: string): Error {
  return refusal(
    'RunEnded',
    `Run ${run.run || run.execution} of ${run.service} has ended (${how}); there is nothing to decide.`,
    `muster report ${run.service} for how it went.`,
  );
}

/** Sends and tells; the exit status says whether it was taken. */
export async function decide(
  cli: Cli,
  run: RunSeen,
  name: string,
  payload: object,
  options: { signal?: boolean } = {},
): Promise<ExitCode> {
  const sent = await sendDecision(await cli.temporal(), run, name, payload, options);
  if (cli.json) sayJson(cli.io, { run: run.run, workflowId: run.workflowId, decision: name, payload, ...sent });
  if (sent.way === 'signal') {
    if (!cli.json)
      say(cli.io, `${name}: sent as a Signal. It is stored and waits for a worker; nobody has judged it yet.`);
    return exitCodes.unanswered;
  }
  if (!cli.json) say(cli.io, `${name}: ${sent.taken ? 'taken' : 'REFUSED'}: ${sent.why}`);
  return sent.taken ? exitCodes.ok : exitCodes.refused;
}

function messageOf(error: WorkflowUpdateFailedError): string {
  return error.cause instanceof Error ? error.cause.message : error.message;
}

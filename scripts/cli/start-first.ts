/** `muster backup --priority`: at once, or first in line while another backup runs. */
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { Refusal, refusal } from '../../domain/errors.ts';
import { workflowQueue } from '../../domain/run/protocol.ts';
import type { RunInput } from '../../domain/run/run.ts';
import { type Due, firstInLineId } from '../../domain/schedules/due.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import type { Cli } from './cli.ts';
import { say, sayJson } from './io.ts';
import { runLink } from './links.ts';
import { type StartOptions, start } from './start.ts';
import { inTime } from './temporal.ts';

/** ms it waits at most. */
const patience = 2 * 3_600_000;

/** @throws AlreadyRunning when somebody else is first in line, and what `start` throws */
export async function startFirst(cli: Cli, input: RunInput, options: StartOptions): Promise<ExitCode> {
  try {
    return await start(cli, input, { ...options, priority: true });
  } catch (error) {
    if (!(error instanceof Refusal) || error.type !== 'AlreadyRunning') throw error;
    return await waitInLine(cli, input, error.message);
  }
}

async function waitInLine(cli: Cli, input: RunInput, holder: string): Promise<ExitCode> {
  const { service, procedure, label = 'manual', by, reason, from, backup } = input;
  const due: Due = {
    service,
    name: 'priority',
    procedure,
    label,
    by,
    reason,
    from,
    backup,
    overlap: 'wait',
    wait: patience,
    first: true,
  };
  const workflowId = firstInLineId(service);
  const temporal = await cli.temporal();
  try {
    await inTime(temporal, 10_000, () =>
      temporal.client.workflow.start('scheduled', {
        workflowId,
        taskQueue: workflowQueue,
        args: [JSON.parse(JSON.stringify(due))],
        workflowIdConflictPolicy: 'FAIL',
        priority: { priorityKey: 1 },
      }),
    );
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    throw refusal(
      'AlreadyRunning',
      `Another backup of ${service} is first in line already.`,
      `muster watch ${service} --backup.`,
    );
  }
  const ui = runLink(cli.ui(), workflowId);
  if (cli.json) sayJson(cli.io, { workflowId, waits: true, input, ui });
  else say(cli.io, `${holder}\nThis one is first in line, for two hours at most.\n  in the UI    ${ui}`);
  return exitCodes.ok;
}

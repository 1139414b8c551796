/** `muster ack`: somebody looks after what people were told of, so that nobody else is told. */

import { Refusal, refusal } from '../../domain/errors.ts';
import { noticeDeskId } from '../../domain/notices/desk.ts';
import { noticeTestEvent, noticeTestId } from '../../domain/notices/test.ts';
import type { Cli } from '../cli/cli.ts';
import { type Sent, sendDecision } from '../cli/decide.ts';
import { say, sayJson } from '../cli/io.ts';
import { type RunSeen, seeRun } from '../cli/runs.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { type AddVerb, examples, type RunVerbOptions, runFor, runVerb } from './verb.ts';

export const addAck: AddVerb = (program, run) => {
  runVerb(program, 'ack', 'you look after what people were told of: nobody else is told')
    .argument('[notice]', 'which one, as muster status names it; everything that is open where absent')
    .option('--reason <why>', 'what you do about it, for the timeline')
    .addHelpText('after', examples('muster ack spacetime', 'muster ack spacetime step-failed:start-i-1 --by dana'))
    .action(
      run<RunVerbOptions>(async (cli, [service = '', notice], options) => {
        const { by } = cli.who(options.by);
        const payload = { by, ...(notice ? { notice } : {}), ...(options.reason ? { reason: options.reason } : {}) };
        const places = await placesOf(cli, service, notice, options);
        if (places.length === 0)
          throw refusal('NothingOpen', `Nothing of ${service} is open.`, `muster status ${service} for what runs.`);
        const answers: Answer[] = [];
        for (const place of places) {
          const sent = await sendDecision(await cli.temporal(), place, 'acknowledge', payload, options);
          answers.push({ workflowId: place.workflowId, ...sent });
        }
        if (cli.json) sayJson(cli.io, { service, ...payload, answers });
        else say(cli.io, linesOf(answers).join('\n'));
        return codeOf(answers);
      }),
    );
};

type Answer = { readonly workflowId: string } & Sent;

/** The run that goes on, and what runs before it have left. */
async function placesOf(
  cli: Cli,
  service: string,
  notice: string | undefined,
  options: RunVerbOptions,
): Promise<RunSeen[]> {
  if (notice === noticeTestEvent) return answering(await seeRun(await cli.temporal(), noticeTestId(service)));
  const [running, desk] = await Promise.all([
    runFor(cli, service, options).catch((error) => {
      if (error instanceof Refusal && error.type === 'NoRun') return undefined;
      throw error;
    }),
    seeRun(await cli.temporal(), noticeDeskId(service)),
  ]);
  return [...(running?.state === 'RUNNING' ? [running] : []), ...answering(desk)];
}

/** What is no run has no status of one, and takes an Update all the same. */
function answering(seen: RunSeen | undefined): RunSeen[] {
  return seen?.state === 'RUNNING' ? [{ ...seen, source: 'query' }] : [];
}

function linesOf(answers: readonly Answer[]): string[] {
  const taken = answers.filter((answer) => answer.way === 'update' && answer.taken);
  return (taken.length > 0 ? taken : answers).map((answer) =>
    answer.way === 'signal'
      ? `ack: sent to ${answer.workflowId} as a Signal, which waits for a worker.`
      : `ack: ${answer.taken ? 'taken' : 'REFUSED'} by ${answer.workflowId}: ${answer.why}`,
  );
}

function codeOf(answers: readonly Answer[]): ExitCode {
  if (answers.some((answer) => answer.way === 'update' && answer.taken)) return exitCodes.ok;
  return answers.some(({ way }) => way === 'signal') ? exitCodes.unanswered : exitCodes.refused;
}

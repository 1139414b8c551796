/** `muster notices`: whether the people of a plan can be told, tried. */
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import type { Command } from 'commander';
import { readReach } from '../../activities/notices/reach.ts';
import { readNoticeTests } from '../../activities/notices/tests.ts';
import { openLocations } from '../../activities/storage/open-locations.ts';
import { durationSchema, formatDuration } from '../../domain/duration.ts';
import { refusal } from '../../domain/errors.ts';
import type { ReceiverReach } from '../../domain/notices/reach.ts';
import {
  type NoticeTest,
  type NoticeTestResult,
  newestTests,
  noticeTestEvent,
  noticeTestId,
  passed,
} from '../../domain/notices/test.ts';
import type { Plan } from '../../domain/plan/plan.ts';
import { workflowQueue } from '../../domain/run/protocol.ts';
import type { Runner } from '../cli/cli.ts';
import { say, sayJson } from '../cli/io.ts';
import { noWorker } from '../cli/runs.ts';
import { inTime, isUnreachable, type Temporal } from '../cli/temporal.ts';
import { exitCodes } from '../exit-codes.ts';
import { type AddVerb, examples } from './verb.ts';

export const addNotices: AddVerb = (program, run) => {
  const notices = program
    .command('notices')
    .summary('try whether people can be told')
    .description('Sends a test message to the receivers of a plan, and says when somebody last acknowledged one.')
    .addHelpText('after', examples('muster notices test spacetime --wait 10m', 'muster notices last spacetime'));
  addTest(notices, run);
  addLast(notices, run);
};

interface TestOptions {
  readonly receiver?: string[];
  readonly wait?: string;
  readonly by?: string;
}

function addTest(notices: Command, run: Runner): void {
  notices
    .command('test')
    .summary('send a test message to each receiver')
    .description('Each receiver of the plan is sent a test message; the result is kept in the storage locations.')
    .argument('<service>', 'service, as its plan is named')
    .option('--receiver <name...>', 'these receivers only')
    .option('--wait <time>', 'wait so long for somebody to acknowledge it')
    .option('--by <name>', 'who tests (else MUSTER_BY, git, the system user)')
    .addHelpText(
      'after',
      examples('muster notices test spacetime', 'muster notices test spacetime --receiver on-call --wait 10m'),
    )
    .action(
      run<TestOptions>(async (cli, [service = ''], options) => {
        const { plan } = await cli.plan(service);
        const wait = waitOf(options.wait);
        const receivers = receiversOf(plan, options.receiver);
        const temporal = await cli.temporal();
        if (!cli.json && wait > 0)
          say(cli.io, `Waits ${formatDuration(wait)} for: muster ack ${service} ${noticeTestEvent}`);
        const result = await tested(temporal, { service, by: cli.who(options.by).by, receivers, wait });
        if (cli.json) sayJson(cli.io, { ...result, passed: passed(result) });
        else say(cli.io, linesOf(result).join('\n'));
        return passed(result) ? exitCodes.ok : exitCodes.notDone;
      }),
    );
}

function addLast(notices: Command, run: Runner): void {
  notices
    .command('last')
    .summary('the last test, who last acknowledged one, and who is still reached')
    .description(
      'Reads from the storage locations what tests left there, and which receivers took notices lately. Needs no server and no worker.',
    )
    .argument('<service>', 'service, as its plan is named')
    .addHelpText('after', examples('muster notices last spacetime --json'))
    .action(
      run(async (cli, [service = '']) => {
        const { plan } = await cli.plan(service);
        const { stores, unreachable } = await openLocations(plan, cli.planFolder);
        const { results, unread } = await readNoticeTests(service, stores);
        const missed = [...unreachable, ...unread];
        if (missed.length === Object.keys(plan.storage).length)
          throw refusal('NothingReachable', 'No storage location answered.', 'check the network and the credentials.');
        const { last, acknowledged } = newestTests(results);
        const names = plan.notices.map(({ name }) => name);
        const receivers = (await readReach(service, names, stores)) ?? [];
        if (cli.json) sayJson(cli.io, { service, last, acknowledged, receivers, unread: missed });
        else {
          say(cli.io, last ? linesOf(last).join('\n') : `No test of the notices of ${service} is known.`);
          const { by, at } = acknowledged?.acknowledged ?? {};
          say(cli.io, by ? `Last acknowledged by ${by} at ${at}` : 'Nobody has acknowledged one yet.');
          for (const line of receivers.map(reachLine)) say(cli.io, line);
          for (const { location, why } of missed) say(cli.io, `Not read: ${location} (${why})`);
        }
        return exitCodes.ok;
      }),
    );
}

function reachLine({ receiver, reached, missed, since, why }: ReceiverReach): string {
  const last = reached ? `last took a notice at ${reached}` : 'has taken none yet';
  return missed === 0 ? `${receiver} ${last}` : `NOT REACHED: ${receiver} ${last}; ${missed} since ${since}: ${why}`;
}

/** ms; 0 where it is not to be waited for. */
function waitOf(text: string | undefined): number {
  if (text === undefined) return 0;
  const parsed = durationSchema.safeParse(text);
  if (parsed.success) return parsed.data;
  throw refusal('BadInput', `${text} is no time to wait.`, '--wait 10m');
}

function receiversOf({ service, notices }: Plan, wanted: readonly string[] | undefined): string[] {
  const names = notices.map(({ name }) => name);
  if (names.length === 0)
    throw refusal(
      'NoReceivers',
      `The plan of ${service} names nobody to tell.`,
      'add notices to it (docs/notices.md).',
    );
  const unknown = wanted?.find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw refusal('BadInput', `${service} has no receiver ${unknown}.`, `one of ${names.join(', ')}.`);
  return wanted ? [...wanted] : names;
}

/** ms beyond the waiting that telling and keeping may take. */
const patience = 180_000;

async function tested(temporal: Temporal, test: NoticeTest): Promise<NoticeTestResult & { kept: string[] }> {
  const workflowId = noticeTestId(test.service);
  try {
    const handle = await inTime(temporal, 10_000, () =>
      temporal.client.workflow.start('noticeTest', {
        workflowId,
        taskQueue: workflowQueue,
        args: [test],
        workflowIdConflictPolicy: 'FAIL',
        staticSummary: `Test message to ${test.receivers.join(', ')} of ${test.service}`.slice(0, 180),
      }),
    );
    return await inTime(temporal, test.wait + patience, () => handle.result());
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError)
      throw refusal('AlreadyRunning', `${workflowId} runs already.`, `muster ack ${test.service} ${noticeTestEvent}`);
    if (isUnreachable(error)) throw noWorker(workflowId);
    throw error;
  }
}

function linesOf(result: NoticeTestResult & { readonly kept?: readonly string[] }): string[] {
  const { service, at, by, receivers, acknowledged, wait, kept } = result;
  const width = Math.max(...receivers.map(({ name }) => name.length));
  const read = acknowledged
    ? `Acknowledged by ${acknowledged.by} at ${acknowledged.at}`
    : wait > 0
      ? `Nobody acknowledged it within ${formatDuration(wait)}.`
      : 'Taken is not read: --wait 10m waits for somebody to acknowledge it.';
  return [
    `Test message of ${service} at ${at}, by ${by}:`,
    ...receivers.map(({ name, sent, why }) => `  ${name.padEnd(width)}  ${sent ? 'took it' : `NOT TOLD: ${why}`}`),
    read,
    ...(kept ? [kept.length > 0 ? `Kept at ${kept.join(', ')}` : 'No storage location took the result.'] : []),
  ];
}

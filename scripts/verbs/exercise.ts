/** `muster exercise`: the full regional exercise with real traffic: out, a while there, and home. */
import { WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError } from '@temporalio/client';
import type { Command } from 'commander';
import { type ExerciseInput, type ExerciseStatus, exerciseId, exerciseMarkdown } from '../../domain/drills/exercise.ts';
import { durationSchema, formatDuration } from '../../domain/duration.ts';
import { refusal } from '../../domain/errors.ts';
import { workflowQueue } from '../../domain/run/protocol.ts';
import type { Runner } from '../cli/cli.ts';
import { say, sayJson } from '../cli/io.ts';
import { ask, noWorker, unanswered } from '../cli/runs.ts';
import { startTimeOf } from '../cli/start-time.ts';
import { inTime, queryPatience, type Temporal } from '../cli/temporal.ts';
import { exitCodes } from '../exit-codes.ts';
import { type AddVerb, examples } from './verb.ts';

const patience = 10_000;

export const addExercise: AddVerb = (program, run) => {
  const exercise = program
    .command('exercise')
    .summary('move a service out with real traffic, hold it there, and bring it home')
    .description(
      'A switchover, a set time at the other site, and a failback, with one report. Each move is a run with its own preview and its own signed go (muster approve), whatever the plan allows otherwise.',
    )
    .addHelpText('after', examples('muster exercise start spacetime --hold 2h', 'muster exercise home spacetime'));
  addStart(exercise, run);
  addShow(exercise, run);
  addWords(exercise, run);
};

interface StartOptions {
  readonly hold: string;
  readonly at?: string;
  readonly reason?: string;
  readonly by?: string;
}

function addStart(exercise: Command, run: Runner): void {
  exercise
    .command('start')
    .summary('begin it, or plan it for a time')
    .description(
      'A day before its time people are asked to lower the TTL of the names and to confirm that (muster exercise prepared); it does not begin before. Then the switchover asks for its go.',
    )
    .argument('<service>', 'service, as its plan is named')
    .option('--hold <duration>', 'how long users are served from the other site', '1h')
    .option('--at <time>', 'when the move out begins (else at once)')
    .option('--reason <text>', 'why; goes into the reports')
    .option('--by <name>', 'who asks for it (else MUSTER_BY, git, the system user)')
    .addHelpText(
      'after',
      examples('muster exercise start spacetime --hold 2h --at 2027-01-02T10:00:00Z --reason "quarterly exercise"'),
    )
    .action(
      run<StartOptions>(async (cli, [service = ''], options) => {
        const { plan } = await cli.plan(service);
        if (!plan.approvals.allowedSigners) throw unsigned(service);
        const hold = durationSchema.safeParse(options.hold);
        if (!hold.success) throw refusal('BadInput', `${options.hold} is no time.`, '--hold 2h');
        const { at, until } = startTimeOf(options.at, new Date().toISOString());
        if (until) throw refusal('BadInput', 'An exercise has no window.', '--at with one time, and --hold.');
        const { by } = cli.who(options.by);
        const input: ExerciseInput = {
          ...{ service, by, hold: hold.data, reason: options.reason ?? '' },
          ...(at ? { at } : {}),
        };
        await begin(await cli.temporal(), input);
        if (cli.json) sayJson(cli.io, { workflowId: exerciseId(service), input });
        else {
          say(cli.io, `EXERCISE of ${service}: begun, ${formatDuration(hold.data)} at the other site, by ${by}`);
          say(cli.io, `  next         lower the TTL, then: muster exercise prepared ${service}`);
          say(cli.io, `  see it       muster exercise show ${service}`);
        }
        return exitCodes.ok;
      }),
    );
}

function addShow(exercise: Command, run: Runner): void {
  exercise
    .command('show')
    .summary('where it stands, or its report when it has ended')
    .description('Where the exercise stands, what it needs, and how its moves ended.')
    .argument('<service>', 'service, as its plan is named')
    .addHelpText('after', examples('muster exercise show spacetime', 'muster exercise show spacetime --json'))
    .action(
      run(async (cli, [service = '']) => {
        const temporal = await cli.temporal();
        const workflowId = exerciseId(service);
        await known(service, () => inTime(temporal, queryPatience, () => handleOf(temporal, service).describe()));
        const status = await ask<ExerciseStatus>(temporal, { workflowId }, 'status');
        if (status === unanswered) throw noWorker(workflowId);
        if (cli.json) sayJson(cli.io, status);
        else if (status.result && status.endedAt) say(cli.io, exerciseMarkdown(status));
        else
          say(
            cli.io,
            [`${status.stage}: ${status.says}`, ...(status.needs ? [`  next  ${status.needs}`] : [])].join('\n'),
          );
        return status.stage === 'preparing' || status.stage === 'away' ? exitCodes.needsPerson : exitCodes.ok;
      }),
    );
}

function addWords(exercise: Command, run: Runner): void {
  const word = (name: 'prepared' | 'home' | 'end', summary: string) =>
    exercise
      .command(name)
      .summary(summary)
      .description(summary)
      .argument('<service>', 'service, as its plan is named')
      .option('--by <name>', 'whose decision it is (else MUSTER_BY, git, the system user)')
      .option('--reason <text>', 'why', '')
      .addHelpText('after', examples(`muster exercise ${name} spacetime`))
      .action(
        run<{ by?: string; reason: string }>(async (cli, [service = ''], options) => {
          const temporal = await cli.temporal();
          const given = { by: cli.who(options.by).by, reason: options.reason };
          await known(service, () => inTime(temporal, patience, () => handleOf(temporal, service).signal(name, given)));
          if (cli.json) sayJson(cli.io, { service, [name]: given });
          else say(cli.io, `${name}: ${service}, by ${given.by}`);
          return exitCodes.ok;
        }),
      );
  word('prepared', 'the TTL of the names is lowered: it may begin');
  word('home', 'go home now instead of at the end of the time, or try it again');
  word('end', 'begin nothing more: before it has moved, or where the way home failed');
}

async function begin(temporal: Temporal, input: ExerciseInput): Promise<void> {
  const workflowId = exerciseId(input.service);
  try {
    await inTime(temporal, patience, () =>
      temporal.client.workflow.start('exercise', {
        workflowId,
        taskQueue: workflowQueue,
        args: [input],
        workflowIdConflictPolicy: 'FAIL',
        memo: { service: input.service, by: input.by },
        staticSummary: `Exercise of ${input.service} with real traffic, by ${input.by}`,
      }),
    );
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    throw refusal(
      'AlreadyRunning',
      `An exercise of ${input.service} goes on.`,
      `muster exercise show ${input.service}.`,
    );
  }
}

function unsigned(service: string) {
  return refusal(
    'ExerciseUnsigned',
    `An exercise of ${service} with real traffic goes by signatures only, and its plan names no allowed signers.`,
    'approvals: { allowedSigners: { file: allowed_signers } }, see docs/approvals.md.',
  );
}

function handleOf(temporal: Temporal, service: string) {
  return temporal.client.workflow.getHandle(exerciseId(service));
}

async function known<Value>(service: string, work: () => Promise<Value>): Promise<Value> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
    throw refusal('NoExercise', `There is no exercise of ${service}.`, `muster exercise start ${service}`);
  }
}

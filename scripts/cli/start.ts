/** Starts a run on its service's own workflow id, which is the lock; says which run holds it where one does. */
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { TypedSearchAttributes } from '@temporalio/common';
import { refusal } from '../../domain/errors.ts';
import { type Plan, siteOfRole } from '../../domain/plan/plan.ts';
import { traitsOf, workflowIdOf } from '../../domain/playbook/procedures.ts';
import { directionOf } from '../../domain/run/present.ts';
import { workflowQueue } from '../../domain/run/protocol.ts';
import { type RunInput, runInputSchema } from '../../domain/run/run.ts';
import { searchAttributes } from '../../domain/run/search-attributes.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { watchRun } from '../views/watch-run.ts';
import type { Cli } from './cli.ts';
import { say, sayJson } from './io.ts';
import { runLink, startForm } from './links.ts';
import { seeRun } from './runs.ts';
import { grpcCodeOf, inTime, type Temporal } from './temporal.ts';
import { wrongInput } from './wrong-input.ts';

export interface StartOptions {
  readonly watch?: boolean;
  readonly by?: string;
  /** Before the tasks of everything else. */
  readonly priority?: boolean;
  /** Watches without a word, and no longer than until a person is needed: the verb has something of its own to print. */
  readonly quiet?: boolean;
}

/** @throws AlreadyRunning, SearchAttributeMissing, or what the input is refused for */
export async function start(cli: Cli, input: RunInput, options: StartOptions): Promise<ExitCode> {
  const parsed = parseInput(input);
  const temporal = await cli.temporal();
  const execution = await startWorkflow(temporal, parsed, options.priority);
  const ui = cli.ui();
  const workflowId = workflowIdOf(parsed.service, parsed.procedure);
  const started = {
    workflowId,
    execution,
    input: parsed,
    ui: runLink(ui, workflowId, execution),
    form: startForm(ui, input).form,
  };
  if (cli.json && !options.watch) sayJson(cli.io, started);
  if (!cli.json) say(cli.io, [...startedLines(started, options), ...againLines(cli, input)].join('\n'));
  if (!options.watch) return exitCodes.ok;
  return await watchRun(cli, workflowId, execution, options.quiet ? { quiet: true, untilNeeded: true } : {});
}

/** Sites of a procedure: given, else the plan's roles. @throws SiteUnknown, BadInput for one site twice */
export function sitesFor(plan: Plan, given: { from?: string; to?: string }): { from: string; to: string } {
  const names = Object.keys(plan.sites);
  const primary = siteOfRole(plan, 'primary');
  const from =
    given.from ?? (given.to !== undefined && names.length === 2 ? names.find((name) => name !== given.to) : primary);
  const to = given.to ?? (names.length === 2 ? names.find((name) => name !== from) : siteOfRole(plan, 'standby'));
  for (const site of [from, to]) {
    if (site !== undefined && names.includes(site)) continue;
    throw refusal(
      'SiteUnknown',
      `The plan of ${plan.service} has no site ${site ?? 'to choose by its role'}.`,
      `--from and --to take: ${names.join(', ')}.`,
    );
  }
  if (from === to) {
    throw refusal(
      'BadInput',
      `From ${from} to ${to} is no move.`,
      'name one of the two with --from or --to; the same site in place: muster restore.',
    );
  }
  return { from: from as string, to: to as string };
}

function parseInput(input: RunInput) {
  const parsed = runInputSchema.safeParse(input);
  if (parsed.success) return parsed.data;
  const { fact, hint } = wrongInput(parsed.error.issues);
  throw refusal('BadInput', `This cannot be started: ${fact}.`, hint ?? 'correct it; muster --help shows examples.');
}

async function startWorkflow(
  temporal: Temporal,
  input: ReturnType<typeof parseInput>,
  priority = false,
): Promise<string> {
  const workflowId = workflowIdOf(input.service, input.procedure);
  const sites = !traitsOf(input.procedure).restores ? '' : `: ${input.reason || 'no reason given'}`;
  try {
    const handle = await inTime(temporal, 10_000, () =>
      temporal.client.workflow.start(traitsOf(input.procedure).workflow, {
        workflowId,
        taskQueue: workflowQueue,
        args: [input],
        workflowIdConflictPolicy: 'FAIL',
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
        memo: { service: input.service, procedure: input.procedure, by: input.by },
        typedSearchAttributes: new TypedSearchAttributes([
          { key: searchAttributes.service, value: input.service },
          { key: searchAttributes.procedure, value: input.procedure },
        ]),
        staticSummary:
          `${directionOf({ from: input.from ?? '', to: input.to ?? '', procedure: input.procedure })} by ${input.by}${sites}`.slice(
            0,
            180,
          ),
        priority: { priorityKey: priority ? 1 : traitsOf(input.procedure).priority },
      }),
    );
    return handle.firstExecutionRunId;
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) throw await alreadyRunning(temporal, workflowId);
    if (grpcCodeOf(error) === 3) throw unregistered(temporal, error);
    throw error;
  }
}

async function alreadyRunning(temporal: Temporal, workflowId: string): Promise<Error> {
  const holder = await seeRun(temporal, workflowId);
  const service = workflowId.split('/')[0];
  const who = holder
    ? `run ${holder.run || holder.execution} (${holder.procedure}, ${holder.phase}), since ${holder.startedAt}, asked for by ${holder.by}`
    : 'a run that has just ended';
  return refusal(
    'AlreadyRunning',
    `${workflowId} is taken by ${who}.`,
    `muster watch ${service}, or end it with muster abort ${service}.`,
  );
}

/** INVALID_ARGUMENT at a start whose input was checked: the namespace lacks the search attributes. */
function unregistered(temporal: Temporal, error: unknown): Error {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
  const flags = Object.values(searchAttributes)
    .map(({ name }) => `--name ${name} --type Keyword`)
    .join(' ');
  return refusal(
    'SearchAttributeMissing',
    `The server refused the start: ${cause}.`,
    `temporal operator search-attribute create --namespace ${temporal.namespace} ${flags}`,
  );
}

/** How it is started from the UI, without the command. */
export function againLines(cli: Cli, wanted: RunInput): string[] {
  const { form, input } = startForm(cli.ui(), wanted);
  return [`  from a form  ${form}`, `  its input    ${input}`];
}

function startedLines(started: { input: ReturnType<typeof parseInput>; ui: string }, options: StartOptions): string[] {
  const { input } = started;
  const { restores } = traitsOf(input.procedure);
  const which = input.procedure === 'backup' ? ' --backup' : restores ? '' : ` --procedure ${input.procedure}`;
  const sites = { procedure: input.procedure, from: input.from ?? '', to: input.to ?? input.from ?? '' };
  return [
    `${directionOf(sites)}: started for ${input.service}, by ${input.by}`,
    `  in the UI    ${started.ui}`,
    ...(options.watch ? [] : [`  watch it     muster watch ${input.service}${which}`]),
    ...(options.watch || !traitsOf(input.procedure).approval
      ? []
      : [`  decide       muster approve ${input.service}   (or muster reject ${input.service} --reason ...)`]),
  ];
}

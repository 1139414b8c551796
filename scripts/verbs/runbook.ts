/** `muster runbook`: what a procedure would do now, as Markdown for a person or as a script that needs no Muster. */
import { resolve } from 'node:path';
import type { Runbook } from '../../activities/runbook/runbook.ts';
import { refusal } from '../../domain/errors.ts';
import type { Plan } from '../../domain/plan/plan.ts';
import { type Procedure, procedures, rejoins, traitsOf } from '../../domain/playbook/procedures.ts';
import { requestOf } from '../../domain/run/requests.ts';
import { breachAsked } from '../cli/breach-asked.ts';
import type { Cli } from '../cli/cli.ts';
import { compileHere } from '../cli/compile-here.ts';
import { say, sayJson } from '../cli/io.ts';
import { procedureOf, type RestoreWords, restoreAsked, restoreWords } from '../cli/restore-words.ts';
import { refuseBadWords, saidWhereSilent } from '../cli/runbook-refusals.ts';
import { compileSaved, savedFacts } from '../cli/saved-facts.ts';
import { sitesFor } from '../cli/start.ts';
import { refuseBadOutput, writeWhole } from '../cli/write-whole.ts';
import { exitCodes } from '../exit-codes.ts';
import { type AddVerb, examples, isProcedure } from './verb.ts';

interface RunbookOptions extends RestoreWords {
  readonly from?: string;
  readonly to?: string;
  readonly compromise?: true;
  readonly inPlace?: true;
  readonly facts?: string;
  readonly format: string;
  readonly output?: string;
}

const formats = ['md', 'sh'];
/** ms for reading manifests and envelopes. */
const patience = 120_000;

export const addRunbook: AddVerb = (program, run) => {
  const command = program
    .command('runbook')
    .summary('a procedure as Markdown for a person, or as a script that needs no Muster')
    .description(
      'Reads facts and compiles the playbook now, from this machine, and prints it: as Markdown, or as a bash script that carries it out with\nbash, aws, ssh, openssl, zstd, tar and curl alone. Neither holds a secret. Changes nothing. A script is there for what brings a\nservice back or keeps it safe; of anything else people are shown the commands.',
    )
    .argument('<service>', 'service, as its plan is named')
    .argument('<procedure>', procedures.join(', '));
  restoreWords(command)
    .option('--from <site>', 'as for failover; the site of fence, backup')
    .option('--to <site>', 'as for failover; the site of restore, shift')
    .option('--facts <file>', 'compile from facts that were saved: muster preview SERVICE PROCEDURE --json')
    .option('--compromise', 'with failover or full-recovery: from a breach; with --before')
    .option('--in-place', 'with --compromise: at the breached site, whose hosts were rebuilt (--bare)')
    .option('--format <format>', formats.join(' or '), 'md')
    .option('--output <file>', 'write it there, whole or not at all, instead of printing it')
    .addHelpText(
      'after',
      examples(
        'muster runbook spacetime failover',
        'muster runbook spacetime failover --format sh --output failover.sh',
        'bash failover.sh --list',
        'muster runbook spacetime fence --from us-east-1',
      ),
    )
    .action(
      run<RunbookOptions>(async (cli, [service = '', procedure = ''], options) => {
        const asked = procedureNamed(procedure);
        if (!formats.includes(options.format)) {
          throw refusal('BadInput', `There is no format ${options.format}.`, `one of: ${formats.join(', ')}.`);
        }
        if (options.format === 'sh') refuseWithoutScript(asked);
        const file = options.output && resolve(options.output);
        if (file) await refuseBadOutput(file, '--output', 'failover.sh');
        const { plan } = await cli.plan(service);
        refuseBadWords(plan, asked, options);
        const { runbook, text } = await written(cli, plan, asked, options).catch((error: unknown) => {
          throw saidWhereSilent(error);
        });
        if (file) await writeWhole(file, text, options.format === 'sh' ? 0o700 : 0o600);
        const { playbook, sha256, assessment } = runbook;
        if (cli.json) {
          const { risks, at } = assessment;
          sayJson(cli.io, {
            at,
            format: options.format,
            sha256,
            risks,
            point: playbook.point,
            ...(file ? { file } : { text }),
          });
        } else say(cli.io, file ? `${file}: playbook ${sha256}, recovery point ${playbook.point ?? 'none'}` : text);
        return exitCodes.ok;
      }),
    );
};

async function written(cli: Cli, plan: Plan, named: Procedure, options: RunbookOptions) {
  const runbook = await compiled(cli, plan, named, options);
  return { runbook, text: await textOf(cli, runbook, options.format) };
}

async function compiled(cli: Cli, plan: Plan, named: Procedure, options: RunbookOptions): Promise<Runbook> {
  const { service } = plan;
  const { from, to } = options;
  const { point, request: restore } = restoreAsked(options);
  const breach = options.compromise
    ? breachAsked(plan, { site: to, inPlace: options.inPlace === true, before: restore?.before })
    : undefined;
  const procedure = breach?.procedure ?? (named === 'restore' ? procedureOf(restore) : named);
  const { moves, planned } = traitsOf(procedure);
  if ((procedure === 'fence' || procedure === 'shift') && (to ?? from) === undefined) {
    throw refusal('BadInput', `The ${procedure} has a site.`, `--to ${Object.keys(plan.sites).join(' or --to ')}.`);
  }
  // A planned move finds out itself which site serves, a rejoin too.
  const sites =
    planned || rejoins(procedure)
      ? { from, to }
      : moves
        ? sitesFor(plan, { from, to })
        : { from: to ?? from, to: to ?? from };
  const { compromise, ...where } = { ...sites, ...breach };
  const request = requestOf({ restore, compromise });
  const asked = { ...where, procedure, service, point, request };
  const { assessment, compiled } = options.facts
    ? await compileSaved(plan, await savedFacts(options.facts, plan, asked), asked)
    : await compileHere(cli, plan, asked);
  return { plan, assessment, playbook: compiled.playbook, sha256: compiled.sha256 };
}

async function textOf(cli: Cli, runbook: Runbook, format: string): Promise<string> {
  if (format === 'md') {
    const { runbookMarkdown } = await import('../../activities/runbook/markdown.ts');
    return runbookMarkdown(runbook, resolve(cli.planFolder), new Date());
  }
  const [{ composeScript }, { readingContext }] = await Promise.all([
    import('../../activities/runbook/compose-script.ts'),
    import('../../activities/runtime/reading-context.ts'),
  ]);
  const { context, close } = readingContext(runbook.plan, resolve(cli.planFolder), AbortSignal.timeout(patience));
  try {
    return await composeScript(runbook, context);
  } finally {
    await close();
  }
}

function procedureNamed(name: string): Procedure {
  if (isProcedure(name)) return name;
  throw refusal('BadInput', `There is no runbook for ${name}.`, `one of: ${procedures.join(', ')}.`);
}

/** Before anything is asked of the world. What steps and drivers cannot be said as a script is found later. @throws NoScript */
function refuseWithoutScript(procedure: Procedure): void {
  if (traitsOf(procedure).planned) {
    throw refusal(
      'NoScript',
      `A ${procedure} takes its last recovery point while it is carried out, and only Muster writes recovery points.`,
      `--format md for people; or stop the service by hand, take a last backup if anything still can, and use a script of failover (--from and --to say which way), which loses what came after its point.`,
    );
  }
  if (!scripted.includes(procedure)) {
    throw refusal(
      'NoScript',
      `Nothing in a ${procedure} is done by a script: no service is brought back by it.`,
      `--format md has its commands. A script is there for ${scripted.join(', ')}.`,
    );
  }
}

const scripted: readonly Procedure[] = ['failover', 'full-recovery', 'restore', 'scratch-restore', 'fence', 'shift'];

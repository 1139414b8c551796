/** `muster runbook`: what a procedure would do now, as Markdown for a person or as a script that needs no Muster. */
import { chmod, rename, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Runbook } from '../../activities/runbook/compose-script.ts';
import { refusal } from '../../domain/errors.ts';
import type { Plan } from '../../domain/plan.ts';
import { type Procedure, procedures, traitsOf } from '../../domain/procedures.ts';
import type { Cli } from '../cli/cli.ts';
import { compileHere } from '../cli/compile-here.ts';
import { say, sayJson } from '../cli/io.ts';
import { sitesFor } from '../cli/start.ts';
import { exitCodes } from '../exit-codes.ts';
import { type AddVerb, examples, isProcedure } from './verb.ts';

interface RunbookOptions {
  readonly from?: string;
  readonly to?: string;
  readonly point?: string;
  readonly format: string;
  readonly output?: string;
}

const formats = ['md', 'sh'];
/** ms for reading manifests and envelopes. */
const patience = 120_000;

export const addRunbook: AddVerb = (program, run) => {
  program
    .command('runbook')
    .summary('a procedure as Markdown for a person, or as a script that needs no Muster')
    .description(
      'Reads facts and compiles the playbook now, from this machine, and prints it: as Markdown, or as a bash script that carries it out with\nbash, aws, ssh, openssl, zstd, tar and curl alone. Neither holds a secret. Changes nothing.',
    )
    .argument('<service>', 'service, as its plan is named')
    .argument('<procedure>', `${recoveries().join(', ')}`)
    .option('--from <site>', 'as for failover')
    .option('--to <site>', 'as for failover')
    .option('--point <id>', 'recovery point (else the newest usable one)')
    .option('--format <format>', formats.join(' or '), 'md')
    .option('--output <file>', 'write it there, whole or not at all, instead of printing it')
    .addHelpText(
      'after',
      examples(
        'muster runbook spacetime failover',
        'muster runbook spacetime failover --format sh --output failover.sh',
        'bash failover.sh --list',
      ),
    )
    .action(
      run<RunbookOptions>(async (cli, [service = '', procedure = ''], options) => {
        const asked = recoveryNamed(procedure);
        if (!formats.includes(options.format)) {
          throw refusal('BadInput', `There is no format ${options.format}.`, `one of: ${formats.join(', ')}.`);
        }
        const { plan } = await cli.plan(service);
        const runbook = await compiled(cli, plan, asked, options);
        const text = await textOf(cli, runbook, options.format);
        const file = options.output && resolve(options.output);
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

async function compiled(cli: Cli, plan: Plan, procedure: Procedure, options: RunbookOptions): Promise<Runbook> {
  const { from, to, point } = options;
  const sites = traitsOf(procedure).moves ? sitesFor(plan, options) : { from: to ?? from, to: to ?? from };
  const { assessment, compiled } = await compileHere(cli, plan, { procedure, service: plan.service, point, ...sites });
  return { plan, assessment, playbook: compiled.playbook, sha256: compiled.sha256 };
}

async function textOf(cli: Cli, runbook: Runbook, format: string): Promise<string> {
  if (format === 'md') {
    const { runbookMarkdown } = await import('../../activities/runbook/markdown.ts');
    return runbookMarkdown(runbook);
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

/** A half-written script must never lie where somebody looks for one. */
async function writeWhole(file: string, text: string, mode: number): Promise<void> {
  const temporary = `${file}.${process.pid}.new`;
  await writeFile(temporary, text, { mode });
  await chmod(temporary, mode);
  await rename(temporary, file);
}

/** Those that bring a service back. */
function recoveries(): Procedure[] {
  return procedures.filter((name) => traitsOf(name).moves || name === 'full-recovery');
}

function recoveryNamed(name: string): Procedure {
  if (isProcedure(name) && recoveries().includes(name)) return name;
  throw refusal('BadInput', `There is no runbook for ${name}.`, `one of: ${recoveries().join(', ')}.`);
}

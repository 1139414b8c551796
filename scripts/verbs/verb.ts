/** What every verb's file exports, and what verbs share. */
import type { Command } from 'commander';
import { refusal } from '../../domain/errors.ts';
import { type Procedure, procedures } from '../../domain/playbook/procedures.ts';
import type { Cli, Runner } from '../cli/cli.ts';
import { type RunSeen, seeLatestRunOf, seeRunOf } from '../cli/runs.ts';

export type AddVerb = (program: Command, run: Runner) => void;

/** Shown at the end of a verb's `--help`. */
export function examples(...lines: string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}`;
}

/** A verb that speaks to the run of a service. */
export function runVerb(program: Command, name: string, summary: string): Command {
  return program
    .command(name)
    .summary(summary)
    .description(summary)
    .argument('<service>', 'service, as its plan is named')
    .option('--by <name>', 'whose decision it is (else MUSTER_BY, git, the system user)')
    .option('--backup', "the service's backup instead of its recovery")
    .option('--procedure <name>', 'the run of this procedure instead: retention, ...')
    .option('--signal', 'send a Signal, which waits for a worker, instead of an Update, which is answered');
}

export interface RunVerbOptions extends WhichRun {
  readonly by?: string;
  readonly signal?: boolean;
  readonly reason?: string;
}

interface WhichRun {
  readonly backup?: boolean;
  readonly procedure?: string;
}

/** The run that a decision is for. */
export async function runFor(cli: Cli, service: string, which: WhichRun): Promise<RunSeen> {
  return await seeRunOf(await cli.temporal(), service, procedureNamed(which));
}

/** A verb that only looks finds whatever runs or ran last, unless it is told which. */
export function whichRun(command: Command): Command {
  return command
    .option('--backup', "the service's backup, whatever else runs")
    .option('--procedure <name>', 'the run of this procedure: failover, verify, retention, ...');
}

export async function runToSee(cli: Cli, service: string, which: WhichRun): Promise<RunSeen> {
  const procedure = procedureNamed(which);
  const temporal = await cli.temporal();
  return procedure ? await seeRunOf(temporal, service, procedure) : await seeLatestRunOf(temporal, service);
}

function procedureNamed({ backup, procedure }: WhichRun): Procedure | undefined {
  if (procedure === undefined) return backup ? 'backup' : undefined;
  if (isProcedure(procedure)) return procedure;
  throw refusal('BadInput', `There is no procedure ${procedure}.`, `one of: ${procedures.join(', ')}.`);
}

export function isProcedure(name: string): name is Procedure {
  return (procedures as readonly string[]).includes(name);
}

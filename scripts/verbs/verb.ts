/** What every verb's file exports, and what verbs share. */
import type { Command } from 'commander';
import { refusal } from '../../domain/errors.ts';
import { type Procedure, procedures } from '../../domain/procedures.ts';
import type { Cli, Runner } from '../cli/cli.ts';
import { type RunSeen, seeRunOf } from '../cli/runs.ts';

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

export interface RunVerbOptions {
  readonly by?: string;
  readonly backup?: boolean;
  readonly procedure?: string;
  readonly signal?: boolean;
  readonly reason?: string;
}

export async function runFor(
  cli: Cli,
  service: string,
  options: { backup?: boolean; procedure?: string },
): Promise<RunSeen> {
  const { procedure } = options;
  if (procedure !== undefined && !isProcedure(procedure)) {
    throw refusal('BadInput', `There is no procedure ${procedure}.`, `one of: ${procedures.join(', ')}.`);
  }
  return await seeRunOf(await cli.temporal(), service, procedure ?? (options.backup ? 'backup' : undefined));
}

export function isProcedure(name: string): name is Procedure {
  return (procedures as readonly string[]).includes(name);
}

/** The `muster` command as a function: `runCli(['status', '--json'], io) -> exit status`. Tests call it in-process. */
import { Command, CommanderError } from 'commander';
import { runnerFor } from './cli/cli.ts';
import { type CliIo, sayJson } from './cli/io.ts';
import { tellUsage } from './cli/usage.ts';
import { type ExitCode, exitCodeHelp, exitCodes } from './exit-codes.ts';
import { verbs } from './verbs/index.ts';

export async function runCli(argv: readonly string[], io: CliIo): Promise<ExitCode> {
  let code: ExitCode = exitCodes.ok;
  const run = runnerFor(io, (each) => {
    code = each;
  });
  const program = rootCommand(io);
  for (const add of verbs) add(program, run);
  const told = tellUsage(program);
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return code;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return exitCodes.ok;
    const message = told() ?? 'No verb was named. Try: one that --help lists.';
    if (argv.includes('--json')) sayJson(io, { error: { type: 'BadUsage', message, exit: exitCodes.refused } });
    return exitCodes.refused;
  }
}

function rootCommand(io: CliIo): Command {
  return new Command('muster')
    .description(
      'Disaster recovery as durable workflows: backup, restore and failover, with people deciding.\nAlone it says where things stand.',
    )
    .option('--json', 'print JSON (shapes in docs/cli.md)')
    .option('--address <host:port>', 'Temporal server (else TEMPORAL_ADDRESS or temporal.toml)')
    .option('--namespace <name>', 'Temporal namespace (else TEMPORAL_NAMESPACE or temporal.toml)')
    .option('--plans <folder>', 'folder of the plans (else MUSTER_PLANS, else plans)')
    .option('--overlay <name>', 'overlay of the plan, repeatable (else MUSTER_OVERLAYS)', collect)
    .addHelpText('after', `\nExit status:\n${exitCodeHelp()}`)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
      getOutHelpWidth: () => io.stdout.columns ?? 100,
      getErrHelpWidth: () => 100,
    });
}

function collect(value: string, before: string[] = []): string[] {
  return [...before, value];
}

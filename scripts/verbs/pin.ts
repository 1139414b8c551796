/** `muster pin` and `muster unpin`: keep a recovery point whatever the rules say, or let them decide again. */
import type { Command } from 'commander';
import type { Runner } from '../cli/cli.ts';
import { start } from '../cli/start.ts';
import { type AddVerb, examples } from './verb.ts';

interface PinOptions {
  readonly reason: string;
  readonly by?: string;
  readonly watch?: boolean;
}

export const addPin: AddVerb = (program, run) =>
  add(program, run, 'pin', 'keep a recovery point whatever the rules say');

export const addUnpin: AddVerb = (program, run) =>
  add(program, run, 'unpin', 'let the rules decide about a point again');

function add(program: Command, run: Runner, name: 'pin' | 'unpin', summary: string): void {
  program
    .command(name)
    .summary(summary)
    .description(
      'Starts a short run that writes a signed word beside the point at every location; the run is the record of who and why.',
    )
    .argument('<service>', 'service, as its plan is named')
    .argument('<point>', 'recovery point id')
    .requiredOption('--reason <text>', 'why')
    .option('--by <name>', 'whose decision it is (else MUSTER_BY, git, the system user)')
    .option('--watch', 'stay and watch it')
    .addHelpText('after', examples(`muster ${name} spacetime 20260102_031500 --reason "audit of 2026" --watch`))
    .action(
      run<PinOptions>(async (cli, [service = '', point = ''], options) => {
        await cli.plan(service);
        const { by } = cli.who(options.by);
        const { reason } = options;
        const retention = { [name]: { point, reason, by } };
        return await start(cli, { procedure: 'retention', service, reason, by, retention }, options);
      }),
    );
}

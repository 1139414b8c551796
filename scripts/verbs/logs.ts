/** `muster logs`: ship what the databases have logged since the last time. */
import { start } from '../cli/start.ts';
import { type AddVerb, examples } from './verb.ts';

interface LogsOptions {
  readonly from?: string;
  readonly reason?: string;
  readonly by?: string;
  readonly watch?: boolean;
}

export const addLogs: AddVerb = (program, run) => {
  program
    .command('logs')
    .summary("ship the databases' closed logs now, for point in time")
    .description('Closes the log of every database of the plan that keeps one, and brings it to the storage locations.')
    .argument('<service>', 'service, as its plan is named')
    .option('--from <site>', 'the site to read (else where the name leads)')
    .option('--reason <text>', 'why')
    .option('--by <name>', 'who asks for it (else MUSTER_BY, git, the system user)')
    .option('--watch', 'stay and watch it')
    .addHelpText('after', examples('muster logs spacetime --watch', 'muster logs spacetime --json'))
    .action(
      run<LogsOptions>(async (cli, [service = ''], options) => {
        await cli.plan(service);
        const { by } = cli.who(options.by);
        const { from, reason } = options;
        return await start(cli, { procedure: 'log-shipping', service, from, reason, by }, options);
      }),
    );
};

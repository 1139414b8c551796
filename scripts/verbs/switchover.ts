/** `muster switchover`: move a service to its other site while it serves, losing nothing. */

import { start } from '../cli/start.ts';
import { startTimeOf } from '../cli/start-time.ts';
import { type AddVerb, examples } from './verb.ts';

interface SwitchoverOptions {
  readonly from?: string;
  readonly to?: string;
  readonly at?: string;
  readonly reason?: string;
  readonly by?: string;
  readonly watch?: boolean;
}

export const addSwitchover: AddVerb = (program, run) => {
  program
    .command('switchover')
    .summary('move a service that is well to its other site, losing nothing')
    .description(
      'Starts a planned move. Writers are stopped at the site that serves, and the other one takes over only when it is proven to hold everything; what fails before that is put back by itself.',
    )
    .argument('<service>', 'service, as its plan is named')
    .option('--from <site>', 'the site that is left (else the one that the name leads to)')
    .option('--to <site>', 'the site that is to serve (else the other one)')
    .option('--at <time>', 'begin at a time, or in a window from/to; it is approved before (else when it is approved)')
    .option('--reason <text>', 'why; goes into the report')
    .option('--by <name>', 'who asks for it (else MUSTER_BY, git, the system user)')
    .option('--watch', 'stay and watch it')
    .addHelpText(
      'after',
      examples(
        'muster switchover spacetime --reason "us-east-1 is to be patched"',
        'muster switchover spacetime --at 2026-11-23T02:00:00Z/2026-11-23T04:00:00Z --watch',
      ),
    )
    .action(
      run<SwitchoverOptions>(async (cli, [service = ''], options) => {
        await cli.plan(service);
        const { by } = cli.who(options.by);
        const { from, to, reason } = options;
        const when = startTimeOf(options.at, new Date().toISOString());
        return await start(cli, { procedure: 'switchover', service, from, to, reason, by, ...when }, options);
      }),
    );
};

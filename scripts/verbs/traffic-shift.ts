/** `muster traffic shift`: give a site the traffic of weighted names, share by share. Starts the run; people still decide. */
import type { Command } from 'commander';
import { refusal } from '../../domain/errors.ts';
import type { Runner } from '../cli/cli.ts';
import { start } from '../cli/start.ts';
import { examples } from './verb.ts';

interface ShiftOptions {
  readonly to?: string;
  readonly reason?: string;
  readonly by?: string;
  readonly watch?: boolean;
}

export function addShift(traffic: Command, run: Runner): void {
  traffic
    .command('shift')
    .summary('weighted names to a site, share by share')
    .description(
      'Starts a run that gives a site the shares of the plan one after another (10, 50, 100 %), looks at its health while each is held, and goes back where it does not bear them. For services that both sites serve: no data moves. It waits for a go (muster approve).',
    )
    .argument('<service>', 'service, as its plan is named')
    .requiredOption('--to <site>', 'the site that is to have all of it')
    .option('--reason <text>', 'why; goes into the report')
    .option('--by <name>', 'who asks for it (else MUSTER_BY, git, the system user)')
    .option('--watch', 'stay and watch it')
    .addHelpText('after', examples('muster traffic shift spacetime --to us-west-2 --reason "a new load balancer"'))
    .action(
      run<ShiftOptions>(async (cli, [service = ''], options) => {
        const { plan } = await cli.plan(service);
        const { to = '', reason } = options;
        if (!plan.sites[to]) {
          throw refusal(
            'SiteUnknown',
            `${service} has no site ${to}.`,
            `one of ${Object.keys(plan.sites).join(', ')}.`,
          );
        }
        const { by } = cli.who(options.by);
        return await start(cli, { procedure: 'shift', service, from: to, to, reason, by }, options);
      }),
    );
}

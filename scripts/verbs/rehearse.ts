/** `muster rehearse`: a failover on hosts, in a network and under a name of its own, or taking away what a killed one left. */

import { isolationOf } from '../../domain/drills/isolation.ts';
import { refusal } from '../../domain/errors.ts';
import { start } from '../cli/start.ts';
import { type AddVerb, examples } from './verb.ts';

interface RehearseOptions {
  readonly point?: string;
  readonly sweep?: boolean;
  readonly reason?: string;
  readonly by?: string;
  readonly watch?: boolean;
}

export const addRehearse: AddVerb = (program, run) => {
  program
    .command('rehearse')
    .summary('rehearse a failover in isolation, while the real thing serves on')
    .description(
      'Restores the newest recovery point on the hosts of the plan that are meant for it (isolation), starts the service there, checks it by a name of its own, and takes everything away again. Proves at the end that no name, lease, instance, host or recovery point of the real thing has changed. Ends by itself when a recovery begins.',
    )
    .argument('<service>', 'service, as its plan is named')
    .option('--point <id>', 'another recovery point than the newest')
    .option('--sweep', 'only take away what a drill that was killed has left')
    .option('--reason <text>', 'why; goes into the report')
    .option('--by <name>', 'who asks for it (else MUSTER_BY, git, the system user)')
    .option('--watch', 'stay and watch it')
    .addHelpText(
      'after',
      examples(
        'muster rehearse spacetime --watch',
        'muster rehearse spacetime --point 20260102_031500 --reason "quarterly drill"',
        'muster rehearse spacetime --sweep',
      ),
    )
    .action(
      run<RehearseOptions>(async (cli, [service = ''], options) => {
        const { plan } = await cli.plan(service);
        isolationOf(plan);
        const { point, sweep, reason } = options;
        if (point && sweep) throw refusal('BadInput', '--sweep restores nothing.', 'leave --point out.');
        const { by } = cli.who(options.by);
        const isolation = sweep ? ({ sweep } as const) : undefined;
        return await start(cli, { procedure: 'isolated-drill', service, point, reason, by, isolation }, options);
      }),
    );
};

/** `muster sync`: restore what is warm at the standby, ahead of need. */
import { refusal } from '../../domain/errors.ts';
import { start } from '../cli/start.ts';
import { type AddVerb, examples } from './verb.ts';

interface SyncOptions {
  readonly at?: string;
  readonly point?: string;
  readonly reason?: string;
  readonly by?: string;
  readonly watch?: boolean;
}

export const addSync: AddVerb = (program, run) => {
  program
    .command('sync')
    .summary('restore what is warm at the standby now, ahead of need')
    .description(
      'Restores every component whose standby is warm from the newest recovery point at the site that does not serve, compares it and marks it. The service is not started there; hosts that were off are stopped again. A failover that takes that point then fetches nothing of it.',
    )
    .argument('<service>', 'service, as its plan is named')
    .option('--at <site>', 'the standby (else the one that does not serve)')
    .option('--point <id>', 'another recovery point than the newest')
    .option('--reason <text>', 'why')
    .option('--by <name>', 'who asks for it (else MUSTER_BY, git, the system user)')
    .option('--watch', 'stay and watch it')
    .addHelpText('after', examples('muster sync spacetime --watch', 'muster sync spacetime --at us-west-2 --json'))
    .action(
      run<SyncOptions>(async (cli, [service = ''], options) => {
        const { plan } = await cli.plan(service);
        const { by } = cli.who(options.by);
        const { at, point, reason } = options;
        if (at !== undefined && !(at in plan.sites)) {
          const names = Object.keys(plan.sites).join(', ');
          throw refusal('SiteUnknown', `The plan of ${service} has no site ${at}.`, `--at takes: ${names}.`);
        }
        return await start(cli, { procedure: 'sync', service, point, from: at, to: at, reason, by }, options);
      }),
    );
};

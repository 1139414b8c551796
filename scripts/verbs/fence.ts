/** `muster fence`: keep a site from taking writes while another one serves. Starts the run; people still decide. */
import { refusal } from '../../domain/errors.ts';
import { start } from '../cli/start.ts';
import { type AddVerb, examples } from './verb.ts';

interface FenceOptions {
  readonly reason?: string;
  readonly by?: string;
  readonly watch?: boolean;
}

export const addFence: AddVerb = (program, run) => {
  program
    .command('fence')
    .summary('keep a site from taking writes')
    .description(
      'Starts a run that fences a site by the methods of the plan and proves it by a write that must fail. Refused while no other site serves. It waits for a go (muster approve SERVICE --procedure fence).',
    )
    .argument('<service>', 'service, as its plan is named')
    .argument('<site>', 'the site that is to take no writes')
    .option('--reason <text>', 'why; goes into the report')
    .option('--by <name>', 'who asks for it (else MUSTER_BY, git, the system user)')
    .option('--watch', 'stay and watch it')
    .addHelpText('after', examples('muster fence spacetime us-east-1 --reason "two sites take writes"'))
    .action(
      run<FenceOptions>(async (cli, [service = '', site = ''], options) => {
        const { plan } = await cli.plan(service);
        if (!plan.sites[site]) {
          const known = Object.keys(plan.sites).join(', ');
          throw refusal('SiteUnknown', `${service} has no site ${site}.`, `one of ${known}.`);
        }
        const { reason } = options;
        if (!reason) throw refusal('ReasonMissing', 'Taking a site out of service needs a reason.', '--reason WHY');
        const { by } = cli.who(options.by);
        return await start(cli, { procedure: 'fence', service, from: site, to: site, reason, by }, options);
      }),
    );
};

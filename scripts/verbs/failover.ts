/** `muster failover`: bring a service back at its standby site. Starts the run; people still decide at the go/no-go. */
import { sitesFor, start } from '../cli/start.ts';
import { type AddVerb, examples } from './verb.ts';

interface FailoverOptions {
  readonly from?: string;
  readonly to?: string;
  readonly point?: string;
  readonly reason?: string;
  readonly by?: string;
  readonly watch?: boolean;
}

export const addFailover: AddVerb = (program, run) => {
  program
    .command('failover')
    .summary('bring a service back at another site')
    .description('Starts a failover. It reads the world, compiles a playbook and waits for a go (muster approve).')
    .argument('<service>', 'service, as its plan is named')
    .option('--from <site>', "the site that is lost (else the plan's primary)")
    .option('--to <site>', "the site that is to serve (else the plan's standby)")
    .option('--point <id>', 'recovery point (else the newest usable one)')
    .option('--reason <text>', 'why; goes into the report')
    .option('--by <name>', 'who asks for it (else MUSTER_BY, git, the system user)')
    .option('--watch', 'stay and watch it')
    .addHelpText(
      'after',
      examples(
        'muster failover spacetime --reason "us-east-1 does not answer"',
        'muster failover spacetime --point 20260102_031500 --watch',
      ),
    )
    .action(
      run<FailoverOptions>(async (cli, [service = ''], options) => {
        const { plan } = await cli.plan(service);
        const { by } = cli.who(options.by);
        const { point, reason } = options;
        return await start(
          cli,
          { procedure: 'failover', service, ...sitesFor(plan, options), point, reason, by },
          options,
        );
      }),
    );
};

/** `muster rejoin`: give databases that stream their standby again at the site that does not serve. Starts the run; people decide. */
import { start } from '../cli/start.ts';
import { type AddVerb, examples } from './verb.ts';

interface RejoinOptions {
  readonly at?: string;
  readonly reason?: string;
  readonly by?: string;
  readonly watch?: boolean;
}

export const addRejoin: AddVerb = (program, run) => {
  program
    .command('rejoin')
    .summary('give databases that stream their standby again, at the site that does not serve')
    .description(
      'Starts a run that makes the old primary the standby of what serves now: PostgreSQL by pg_rewind or a new copy, RDS by a new read replica. What only the old primary holds is saved first. Nothing moves. It waits for a go (muster approve).',
    )
    .argument('<service>', 'service, as its plan is named')
    .option('--at <site>', 'the site that is to have the standby (else the one that does not serve)')
    .option('--reason <text>', 'why; goes into the report')
    .option('--by <name>', 'who asks for it (else MUSTER_BY, git, the system user)')
    .option('--watch', 'stay and watch it')
    .addHelpText(
      'after',
      examples(
        'muster rejoin spacetime --reason "us-east-1 is back, and goes home next week"',
        'muster preview spacetime rejoin',
      ),
    )
    .action(
      run<RejoinOptions>(async (cli, [service = ''], options) => {
        await cli.plan(service);
        const { by } = cli.who(options.by);
        const { at, reason } = options;
        return await start(cli, { procedure: 'rejoin', service, to: at, reason, by }, options);
      }),
    );
};

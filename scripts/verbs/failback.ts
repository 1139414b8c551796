/** `muster failback`: bring a service home to the plan's primary, and stand the other site down. */

import { start } from '../cli/start.ts';
import { startTimeOf } from '../cli/start-time.ts';
import { type AddVerb, examples } from './verb.ts';

interface FailbackOptions {
  readonly at?: string;
  readonly reason?: string;
  readonly by?: string;
  readonly watch?: boolean;
}

export const addFailback: AddVerb = (program, run) => {
  program
    .command('failback')
    .summary('bring a service home, losing nothing, and stand the other site down')
    .description(
      "Starts a planned move from the site that serves to the plan's primary. What the old primary still holds is saved first; the other site's hosts are stopped when home was watched and seen healthy throughout.",
    )
    .argument('<service>', 'service, as its plan is named')
    .option('--at <time>', 'begin at a time, or in a window from/to; it is approved before (else when it is approved)')
    .option('--reason <text>', 'why; goes into the report')
    .option('--by <name>', 'who asks for it (else MUSTER_BY, git, the system user)')
    .option('--watch', 'stay and watch it')
    .addHelpText(
      'after',
      examples(
        'muster failback spacetime --reason "us-east-1 is back"',
        'muster failback spacetime --at 2026-11-23T02:00:00Z --watch',
      ),
    )
    .action(
      run<FailbackOptions>(async (cli, [service = ''], options) => {
        await cli.plan(service);
        const { by } = cli.who(options.by);
        const { reason } = options;
        const when = startTimeOf(options.at, new Date().toISOString());
        return await start(cli, { procedure: 'failback', service, reason, by, ...when }, options);
      }),
    );
};

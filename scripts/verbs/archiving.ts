/** `muster archiving`: what a PostgreSQL server needs so that its log is archived and any moment can be restored. */
import { archivingSetup, setupText } from '../../activities/databases/pgbackrest-setup.ts';
import { refusal } from '../../domain/errors.ts';
import { say, sayJson } from '../cli/io.ts';
import { exitCodes } from '../exit-codes.ts';
import { type AddVerb, examples } from './verb.ts';

export const addArchiving: AddVerb = (program, run) => {
  program
    .command('archiving')
    .summary('what a PostgreSQL server needs to archive its log')
    .description(
      'Prints pgbackrest.conf, settings and commands for every component of the driver postgresql-pitr. Secrets are named, not printed; nothing is changed.',
    )
    .argument('<service>', 'service, as its plan is named')
    .addHelpText(
      'after',
      examples('muster archiving spacetime', 'muster archiving spacetime --json | jq -r .[0].config'),
    )
    .action(
      run(async (cli, [service = '']) => {
        const { plan } = await cli.plan(service);
        const kept = plan.components.filter((component) => component.driver === 'postgresql-pitr');
        if (kept.length === 0) {
          throw refusal(
            'NoLog',
            `No component of ${service} has the driver postgresql-pitr.`,
            'give one that driver (docs/plan.md); a dump needs no archive of the log.',
          );
        }
        const setups = await Promise.all(kept.map((component) => archivingSetup(component, plan)));
        if (cli.json) sayJson(cli.io, setups);
        else for (const setup of setups) say(cli.io, setupText(setup));
        return exitCodes.ok;
      }),
    );
};

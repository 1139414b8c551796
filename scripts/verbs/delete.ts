/** `muster delete`: one recovery point goes from every location, because a person says so twice. */
import { refusal } from '../../domain/errors.ts';
import { ask, say } from '../cli/io.ts';
import { servicePoints } from '../cli/service-points.ts';
import { start } from '../cli/start.ts';
import { type AddVerb, examples } from './verb.ts';

interface DeleteOptions {
  readonly reason: string;
  readonly yes?: boolean;
  readonly by?: string;
  readonly watch?: boolean;
}

export const addDelete: AddVerb = (program, run) => {
  program
    .command('delete')
    .summary('delete one recovery point from every location')
    .description(
      'Asks for the id once more, or wants --yes. The run refuses a point that is pinned, locked, or the last (proven) one of a component. Archives that other points need stay.',
    )
    .argument('<service>', 'service, as its plan is named')
    .argument('<point>', 'recovery point id')
    .requiredOption('--reason <text>', 'why')
    .option('--yes', 'do not ask')
    .option('--by <name>', 'whose decision it is (else MUSTER_BY, git, the system user)')
    .option('--watch', 'stay and watch it')
    .addHelpText(
      'after',
      examples(
        'muster delete spacetime 20260102_031500 --reason "holds data of a customer who left"',
        'muster delete spacetime 20260102_031500 --yes --reason "damaged everywhere" --watch',
      ),
    )
    .action(
      run<DeleteOptions>(async (cli, [service = '', point = ''], options) => {
        const { plan } = await cli.plan(service);
        const { by } = cli.who(options.by);
        const { reason } = options;
        if (!options.yes) {
          const { points } = await servicePoints(plan, cli.planFolder, { newest: 10_000 });
          const found = points.find(({ id }) => id === point);
          if (!cli.json) {
            say(
              cli.io,
              found
                ? `${point}, taken ${found.takenAt} at ${found.site}, label ${found.label}, at ${found.locations.join(' and ')}.`
                : `No good recovery point ${point} is seen from here.`,
            );
          }
          const typed = await ask(cli.io, 'Type its id again to delete it everywhere: ', 'add --yes.');
          if (typed !== point)
            throw refusal('NotConfirmed', `That is not ${point}; nothing was deleted.`, 'look again.');
        }
        const retention = { delete: { point, reason, by } };
        return await start(cli, { procedure: 'retention', service, reason, by, retention }, options);
      }),
    );
};

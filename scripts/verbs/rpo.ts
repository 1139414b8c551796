/** `muster rpo`: how much of each component would be lost if it were lost now, against what was promised. */
import { logPositions } from '../../activities/logs/log-positions.ts';
import { enoughPoints } from '../../activities/points/enough-points.ts';
import { openLocations } from '../../activities/storage/open-locations.ts';
import { formatDuration } from '../../domain/duration.ts';
import { type ComponentRpo, rpoOf } from '../../domain/points/rpo.ts';
import { say, sayJson } from '../cli/io.ts';
import { servicePoints } from '../cli/service-points.ts';
import { exitCodes } from '../exit-codes.ts';
import { columns } from '../views/columns.ts';
import { type AddVerb, examples } from './verb.ts';

export const addRpo: AddVerb = (program, run) => {
  program
    .command('rpo')
    .summary('how much would be lost now, against what was promised')
    .description(
      `For each component the age of the newest point that holds it, or of the end of its archived log. Warns from 80 % of the objective on; exits ${exitCodes.exceeded} when one is exceeded.`,
    )
    .argument('<service>', 'service, as its plan is named')
    .addHelpText('after', examples('muster rpo spacetime', 'muster rpo spacetime --json | jq .verdict'))
    .action(
      run(async (cli, [service = '']) => {
        const { plan } = await cli.plan(service);
        const { stores } = await openLocations(plan, cli.planFolder);
        const [found, logs] = await Promise.all([
          enoughPoints(plan, (options) => servicePoints(plan, cli.planFolder, options)),
          logPositions(stores, service, Date.now()),
        ]);
        const rpo = rpoOf(plan, found.points, Date.now(), logs);
        const { unreachable, refused } = found;
        if (cli.json) sayJson(cli.io, { ...rpo, unreachable, refused });
        else {
          say(cli.io, columns(rpo.components.map(rowOf), ['component', 'would lose', 'objective', 'newest', '']));
          for (const each of unreachable) say(cli.io, `NOT REACHED ${each.location}: ${each.why}`);
        }
        if (unreachable.length === found.locations.length) return exitCodes.noAnswer;
        return rpo.verdict === 'exceeded' || rpo.verdict === 'critical' ? exitCodes.exceeded : exitCodes.ok;
      }),
    );
};

function rowOf({ component, age, objective, point, takenAt, log, verdict, severity }: ComponentRpo): string[] {
  const words = { met: 'met', warning: 'WARNING: near', exceeded: 'EXCEEDED', critical: 'CRITICAL' }[verdict];
  return [
    component,
    age === undefined ? 'EVERYTHING' : formatDuration(age),
    `< ${formatDuration(objective)}`,
    point ? `${point}${log ? `, log to ${takenAt}` : ''}` : 'no point that counts holds it',
    severity ? `${words} (${severity})` : words,
  ];
}

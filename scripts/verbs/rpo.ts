/** `muster rpo`: how much of each component would be lost if it were lost now, against what was promised. */

import { logPositions } from '../../activities/logs/log-positions.ts';
import { formatDuration } from '../../domain/duration.ts';
import type { Plan } from '../../domain/plan.ts';
import { reaches } from '../../domain/point-state.ts';
import { type ComponentRpo, rpoOf } from '../../domain/rpo.ts';
import type { Cli } from '../cli/cli.ts';
import { say, sayJson } from '../cli/io.ts';
import { openStores, type ServicePoints, servicePoints } from '../cli/service-points.ts';
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
        const { stores } = await openStores(plan, cli.planFolder);
        const [found, logs] = await Promise.all([enoughPoints(cli, plan), logPositions(stores, service, Date.now())]);
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

/** A component that is backed up once a day may be behind a hundred points of another. */
async function enoughPoints(cli: Cli, plan: Plan): Promise<ServicePoints> {
  for (const newest of [20, 200]) {
    const found = await servicePoints(plan, cli.planFolder, { newest, limit: 5_000 });
    const held = new Set(
      found.points.filter((point) => reaches(point, plan.objectives.counts)).flatMap(({ components }) => components),
    );
    if (found.points.length < newest || plan.components.every(({ name }) => held.has(name))) return found;
  }
  return await servicePoints(plan, cli.planFolder, { newest: 2_000, limit: 30_000 });
}

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

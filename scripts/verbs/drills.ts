/** `muster drills`: what is rehearsed, how it went last, when it is due, and what should have been held by now. */

import { type DrillSeen, drillTroubles, seeDrills } from '../cli/drills-seen.ts';
import { say, sayJson } from '../cli/io.ts';
import { exitCodes } from '../exit-codes.ts';
import { columns } from '../views/columns.ts';
import { type AddVerb, examples } from './verb.ts';

export const addDrills: AddVerb = (program, run) => {
  program
    .command('drills')
    .summary('what is rehearsed: last, result, next, overdue')
    .description('The drills of a plan: how each went last by its report, when it is due next, and which are overdue.')
    .argument('<service>', 'service, as its plan is named')
    .addHelpText('after', examples('muster drills spacetime', 'muster drills spacetime --json'))
    .action(
      run(async (cli, [service = '']) => {
        const { plan } = await cli.plan(service);
        const { drills, unread } = await seeDrills(cli, plan);
        const troubles = [
          ...drillTroubles(service, drills),
          ...unread.map(({ place, run: of, why }) => `${place}: reports not read${of ? ` (${of})` : ''}: ${why}`),
        ];
        if (cli.json) sayJson(cli.io, { service, drills, unread, troubles });
        else {
          const head = ['drill', 'kind', 'when', 'next', 'last', 'result'];
          say(cli.io, drills.length > 0 ? columns(drills.map(rowOf), head) : `The plan of ${service} has no drills.`);
          for (const trouble of troubles) say(cli.io, `  ${trouble}`);
        }
        return exitCodes.ok;
      }),
    );
};

function rowOf({ name, kind, when = 'by hand', next = '-', last }: DrillSeen): string[] {
  return [name, kind, when, next, last?.ended ?? 'never', last?.result ?? '-'];
}

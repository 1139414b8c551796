/** `muster drills`: what is rehearsed, how it went last, when it is due, and what should have been held by now. */

import { formatDuration } from '../../domain/duration.ts';
import { refusal } from '../../domain/errors.ts';
import { type DrillSeen, drillTroubles, type HeldDrill, seeDrills } from '../cli/drills-seen.ts';
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
    .argument('[name]', 'drill: each time it was held, and how long it took')
    .addHelpText(
      'after',
      examples('muster drills spacetime', 'muster drills spacetime quarterly', 'muster drills spacetime --json'),
    )
    .action(
      run(async (cli, [service = '', name]) => {
        const { plan } = await cli.plan(service);
        const seen = await seeDrills(cli, plan);
        const { unread } = seen;
        const drills = seen.drills.filter((drill) => name === undefined || drill.name === name);
        if (name !== undefined && drills.length === 0) throw unknownDrill(service, name, seen.drills);
        const troubles = [
          ...drillTroubles(service, drills),
          ...unread.map(({ place, run: of, why }) => `${place}: reports not read${of ? ` (${of})` : ''}: ${why}`),
        ];
        if (cli.json) sayJson(cli.io, { service, drills, unread, troubles });
        else {
          const head = ['drill', 'kind', 'when', 'next', 'last', 'result'];
          say(cli.io, drills.length > 0 ? columns(drills.map(rowOf), head) : `The plan of ${service} has no drills.`);
          if (name !== undefined) say(cli.io, columns((drills[0]?.held ?? []).map(heldRow), heldHead));
          for (const trouble of troubles) say(cli.io, `  ${trouble}`);
        }
        return exitCodes.ok;
      }),
    );
};

function rowOf({ name, kind, when = 'by hand', next = '-', last }: DrillSeen): string[] {
  return [name, kind, when, next, last?.ended ?? 'never', last?.result ?? '-'];
}

const heldHead = ['held', 'result', 'recover', 'verify', 'total', 'people', 'RTO', 'RPO', ''];

function heldRow({ ended, drill, compared }: HeldDrill): string[] {
  const { act, verify, total, waiting, rto, rpo } = drill.metrics;
  const time = (ms: number | undefined) => (ms === undefined ? '-' : formatDuration(ms));
  const kept = (promise: typeof rto) => (promise?.met === undefined ? '-' : promise.met ? 'met' : 'MISSED');
  const slower = compared?.changes.filter((each) => each.slower).map(({ metric }) => metric) ?? [];
  const words = [
    ...(drill.fault ? [`with ${drill.fault}`] : []),
    ...(slower.length > 0 ? [`SLOWER: ${slower.join(', ')}`] : []),
  ];
  return [
    ended,
    drill.result,
    time(act),
    time(verify),
    time(total),
    time(waiting),
    kept(rto),
    kept(rpo),
    words.join('; '),
  ];
}

function unknownDrill(service: string, name: string, drills: readonly DrillSeen[]): Error {
  const names = drills.map((drill) => drill.name).join(', ') || 'it has none';
  return refusal('DrillUnknown', `The plan of ${service} has no drill ${name}.`, `${names}.`);
}

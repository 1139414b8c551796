/** `muster keys uses`: who opened private keys of recovery points, when and what for. */
import { readAllKeyUses } from '../../../activities/points/key-uses.ts';
import { loadPinned } from '../../../activities/points/signer.ts';
import { openLocations } from '../../../activities/storage/open-locations.ts';
import { say, sayJson } from '../../cli/io.ts';
import { exitCodes } from '../../exit-codes.ts';
import { columns } from '../../views/columns.ts';
import { type AddVerb, examples } from '../verb.ts';

export const addKeysUses: AddVerb = (keys, run) => {
  keys
    .command('uses')
    .summary('who opened private keys of recovery points, and what for')
    .description(
      'The records that workers write before they open the key of a point. A restore by hand with the offline key leaves none.',
    )
    .argument('<service>', 'service, as its plan is named')
    .option('--newest <count>', 'how many', '20')
    .addHelpText('after', examples('muster keys uses spacetime', 'muster keys uses spacetime --newest 500 --json'))
    .action(
      run<{ newest: string }>(async (cli, [service = ''], options) => {
        const { plan } = await cli.plan(service);
        const signers = await loadPinned(plan, cli.planFolder);
        const opened = await openLocations(plan, cli.planFolder);
        const newest = Math.max(1, Number(options.newest) || 20);
        const found = await readAllKeyUses(opened.stores, service, signers, newest);
        const away = [...opened.unreachable, ...found.unreachable];
        const code = away.length === Object.keys(plan.storage).length ? exitCodes.noAnswer : exitCodes.ok;
        if (cli.json) {
          sayJson(cli.io, { service, uses: found.uses, unreachable: away });
          return code;
        }
        const rows = found.uses.map(({ at, purpose, points, site, host, run, step, worker, signed, locations }) => [
          at,
          purpose,
          points.length === 1 ? `${points[0]}` : `${points.length} points, ${points[0]} ...`,
          `key of ${site}`,
          host ? `sent to ${host}` : `stayed at ${worker}`,
          `${run}, ${step}`,
          signed ? '' : 'NOT SIGNED',
          locations.join(', '),
        ]);
        const head = ['at', 'for', 'point', 'opened with', 'where it went', 'run and step', '', 'recorded at'];
        say(cli.io, rows.length > 0 ? columns(rows, head) : 'No use of a private key is recorded.');
        for (const each of away) say(cli.io, `NOT REACHED ${each.location}: ${each.why}`);
        return code;
      }),
    );
};

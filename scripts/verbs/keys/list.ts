/** `muster keys list`: to whom each recovery point is sealed. */
import { seeRecipients, seeSealedPoints } from '../../../activities/points/check-keys.ts';
import { loadPinned } from '../../../activities/points/signer.ts';
import { resolveSecret } from '../../../activities/secrets/resolve.ts';
import { openLocations } from '../../../activities/storage/open-locations.ts';
import { say, sayJson } from '../../cli/io.ts';
import { exitCodes } from '../../exit-codes.ts';
import { columns } from '../../views/columns.ts';
import { type AddVerb, examples } from '../verb.ts';

export const addKeysList: AddVerb = (keys, run) => {
  keys
    .command('list')
    .summary('to whom each recovery point is sealed')
    .description('Recovery points and the recipients of their newest sealed key, by location. Needs no private key.')
    .argument('<service>', 'service, as its plan is named')
    .option('--newest <count>', 'how many', '20')
    .addHelpText('after', examples('muster keys list spacetime', 'muster keys list spacetime --newest 100 --json'))
    .action(
      run<{ newest: string }>(async (cli, [service = ''], options) => {
        const { plan } = await cli.plan(service);
        const signers = await loadPinned(plan, cli.planFolder);
        const { stores, unreachable } = await openLocations(plan, cli.planFolder);
        const sealed = await seeSealedPoints(stores, service, signers, Math.max(1, Number(options.newest) || 20));
        const away = [...unreachable, ...sealed.unreachable];
        const code = away.length === Object.keys(plan.storage).length ? exitCodes.noAnswer : exitCodes.ok;
        if (cli.json) {
          sayJson(cli.io, { service, points: sealed.points, refused: sealed.refused, unreachable: away });
          return code;
        }
        const recipients = await seeRecipients(plan, cli.planFolder, (ref) => resolveSecret(ref, cli.planFolder));
        const rows = sealed.points.map(({ point, log, location, recipients: has, older }) => [
          log ? `log ${point} of ${log}` : point,
          location,
          ...recipients.map(({ certificate }) =>
            has.some(({ sha256 }) => sha256 === certificate?.sha256) ? 'yes' : 'NO',
          ),
          has
            .filter(({ sha256 }) => !recipients.some(({ certificate }) => certificate?.sha256 === sha256))
            .map(({ name, sha256 }) => `${name} ${sha256.slice(0, 16)}`)
            .join(', '),
          older > 0 ? `${older}` : '',
        ]);
        const head = ['point', 'location', ...recipients.map(({ name }) => name), 'not in the plan', 'older envelopes'];
        say(
          cli.io,
          rows.length > 0 ? columns(rows, head) : `${service} has no recovery point that can be seen from here.`,
        );
        for (const each of sealed.refused) say(cli.io, `REFUSED ${each.id} at ${each.location}: ${each.why}`);
        for (const each of away) say(cli.io, `NOT REACHED ${each.location}: ${each.why}`);
        return code;
      }),
    );
};

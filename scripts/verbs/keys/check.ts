/** `muster keys check`: certificates, private keys and signers of this machine, and what the newest points are sealed to. */
import { type PointSealed, seeRecipients, seeSealedPoints, seeSigner } from '../../../activities/points/check-keys.ts';
import { environmentsOf } from '../../../activities/points/environments.ts';
import { loadPinned } from '../../../activities/points/signer.ts';
import { resolveSecret } from '../../../activities/secrets/resolve.ts';
import { openLocations } from '../../../activities/storage/open-locations.ts';
import { formatDuration } from '../../../domain/duration.ts';
import type { SecretRef } from '../../../domain/plan/values.ts';
import { certificateFindings, sealedFindings, sharedKeys } from '../../../domain/points/key-findings.ts';
import { say, sayJson } from '../../cli/io.ts';
import { exitCodes } from '../../exit-codes.ts';
import { columns } from '../../views/columns.ts';
import { type AddVerb, examples } from '../verb.ts';

export const addKeysCheck: AddVerb = (keys, run) => {
  keys
    .command('check')
    .summary('are certificates good, do private keys fit, are points sealed to the plan')
    .description(
      'Looks at every certificate of the plan, at the private keys that this machine has, and at what the newest points are sealed to. Exits 2 when something is wrong; what is merely due is named.',
    )
    .argument('<service>', 'service, as its plan is named')
    .option('--newest <count>', 'how many points to look at', '20')
    .addHelpText('after', examples('muster keys check spacetime', 'muster keys check spacetime --newest 1000 --json'))
    .action(
      run<{ newest: string }>(async (cli, [service = ''], options) => {
        const { plan } = await cli.plan(service);
        const secret = (ref: SecretRef) => resolveSecret(ref, cli.planFolder);
        const signers = await loadPinned(plan, cli.planFolder);
        const { stores, unreachable } = await openLocations(plan, cli.planFolder);
        const newest = Math.max(1, Number(options.newest) || 20);
        const [recipients, signer, sealed, environments] = await Promise.all([
          seeRecipients(plan, cli.planFolder, secret),
          seeSigner(plan, signers, secret),
          seeSealedPoints(stores, service, signers, newest),
          environmentsOf(cli.planFolder, service),
        ]);
        const now = new Date();
        const found = certificateFindings(recipients, plan.encryption.rotateAfter, now);
        const wanted = recipients.flatMap(({ name, certificate }) =>
          certificate ? [{ name, sha256: certificate.sha256 }] : [],
        );
        const wrong = [
          ...found.wrong,
          ...(signer.state === 'unpinned'
            ? [`The signing key here (${signer.fingerprint}) is not pinned in the plan.`]
            : []),
          ...sealedFindings(sealed.points, wanted),
          ...sharedKeys(environments),
        ];
        const away = [...unreachable, ...sealed.unreachable];
        const code =
          wrong.length > 0
            ? exitCodes.refused
            : away.length === Object.keys(plan.storage).length
              ? exitCodes.noAnswer
              : exitCodes.ok;
        const count = (some: readonly PointSealed[]) => new Set(some.map(({ log, point }) => `${log} ${point}`)).size;
        const points = count(sealed.points.filter(({ log }) => log === undefined));
        const logs = count(sealed.points.filter(({ log }) => log !== undefined));
        if (cli.json) {
          sayJson(cli.io, {
            service,
            recipients: recipients.map(({ certificate, ...each }) => ({
              ...each,
              sha256: certificate?.sha256,
              since: certificate?.since,
              until: certificate?.until,
            })),
            signers: { pinned: signers.fingerprints, here: signer },
            points,
            logs,
            wrong,
            due: found.due,
            refused: sealed.refused,
            unreachable: away,
          });
          return code;
        }
        const rows = recipients.map(({ name, certificate, privateKey }) => [
          name,
          certificate?.sha256 ?? 'cannot be read',
          certificate ? formatDuration(Math.max(0, now.getTime() - certificate.since.getTime())) : '',
          certificate ? certificate.until.toISOString().slice(0, 10) : '',
          name === 'offline' ? 'belongs into a safe' : privateKey,
        ]);
        say(cli.io, columns(rows, ['recipient', 'SHA-256 of the certificate', 'age', 'until', 'private key here']));
        for (const fingerprint of signers.fingerprints)
          say(cli.io, `signer ${fingerprint}${fingerprint === signer.fingerprint ? ' (signs here)' : ''}`);
        const batches = logs > 0 ? ` and ${logs} batches of shipped logs` : '';
        say(cli.io, `${points} recovery points${batches} looked at`);
        for (const each of wrong) say(cli.io, `WRONG ${each}`);
        for (const each of found.due) say(cli.io, `DUE ${each}`);
        for (const each of sealed.refused) say(cli.io, `REFUSED ${each.id} at ${each.location}: ${each.why}`);
        for (const each of away) say(cli.io, `NOT REACHED ${each.location}: ${each.why}`);
        if (wrong.length === 0) say(cli.io, 'Nothing is wrong with what was seen.');
        return code;
      }),
    );
};

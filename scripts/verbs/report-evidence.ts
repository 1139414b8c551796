/** `muster report evidence`: what an auditor is handed of a month or a quarter, as one archive that checks itself. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { bundle } from '../../activities/evidence/bundle.ts';
import { gatherEvidence } from '../../activities/evidence/gather.ts';
import { pinnedSigner } from '../../activities/points/pinned-signer.ts';
import { sha256Of } from '../../activities/points/signer.ts';
import { resolveSecret } from '../../activities/secrets/resolve.ts';
import { openLocations } from '../../activities/storage/open-locations.ts';
import { refusal } from '../../domain/errors.ts';
import { type Period, periodAsked } from '../../domain/period/period.ts';
import type { Cli, Runner } from '../cli/cli.ts';
import { say, sayJson } from '../cli/io.ts';
import { refuseBadOutput, writeWhole } from '../cli/write-whole.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { examples } from './verb.ts';

export function addReportEvidence(report: Command, run: Runner): void {
  report
    .command('evidence')
    .summary('an archive for auditors: reports, points, marks, audit log, signatures, and what checks them')
    .description(
      'Gathers what lies of a month or a quarter in the storage locations, lists it, signs the list with the key of the plan, and writes one tar. Its verify.sh needs bash, sha256sum, openssl and ssh-keygen. What could not be read is named in it.',
    )
    .argument('<service>', 'service, as its plan is named')
    .action(run<{ period?: string; out?: string }>((cli, [service = ''], options) => evidence(cli, service, options)))
    .option('--period <period>', 'a month (2026-10, last-month) or a quarter (2026-Q3, last-quarter), in UTC')
    .option('--out <file>', 'the archive, written whole or not at all')
    .addHelpText('after', examples('muster report evidence spacetime --period 2026-Q3 --out evidence.tar'));
}

async function evidence(cli: Cli, service: string, options: { period?: string; out?: string }): Promise<ExitCode> {
  if (options.period === undefined || options.out === undefined)
    throw refusal('BadInput', 'Evidence is of a period, and goes into a file.', '--period 2026-Q3 --out evidence.tar.');
  const period = periodAsked(options.period, Date.now());
  const file = resolve(options.out);
  await refuseBadOutput(file, '--out', 'evidence.tar');
  const made = await gathered(cli, service, period);
  await writeWhole(file, made.archive, 0o600);
  const { files, leftOut, unsigned, signer, script } = made;
  if (cli.json) {
    sayJson(cli.io, { service, period: period.name, file, files, signer, script, unsigned, leftOut });
    return exitCodes.ok;
  }
  say(cli.io, `${file}: ${files} files, signed by the key with SHA-256 ${signer}`);
  for (const each of unsigned) say(cli.io, `NOT SIGNED where it lay: ${each}`);
  for (const each of leftOut) say(cli.io, `LEFT OUT ${each}`);
  say(cli.io, `Hand over beside it, by another way: that SHA-256, and the one of its verify.sh: ${script}`);
  return exitCodes.ok;
}

async function gathered(cli: Cli, service: string, period: Period) {
  const loaded = await cli.plan(service);
  const signer = await pinnedSigner(loaded.plan, cli.planFolder, (ref) => resolveSecret(ref, cli.planFolder));
  const { stores, unreachable } = await openLocations(loaded.plan, cli.planFolder);
  const folder = cli.io.env.MUSTER_REPORTS ?? 'reports';
  const now = new Date();
  const sources = { stores, unreachable, folder, planFolder: cli.planFolder, now: now.getTime() };
  const { files, leftOut, unsigned } = await gatherEvidence(loaded, period, sources);
  return {
    ...{ leftOut, unsigned, signer: signer.fingerprint, files: Object.keys(files).length },
    archive: await bundle(files, `evidence-${service}-${period.name}`, now, signer),
    script: sha256Of(files['verify.sh'] ?? ''),
  };
}

/** The report of a run, from wherever it can be had: the run itself, the local folder, the storage locations. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { resolveSecret } from '../../activities/secrets/resolve.ts';
import { openStore } from '../../activities/storage/open-store.ts';
import { refusal } from '../../domain/errors.ts';
import { layout } from '../../domain/points/recovery-point.ts';
import { type Report, reportSchema } from '../../domain/report/report.ts';
import type { Cli } from './cli.ts';
import { ask, type RunSeen, unanswered } from './runs.ts';
import { within } from './within.ts';

/** @throws NotEnded, NoReport */
export async function reportOfSeen(cli: Cli, seen: RunSeen): Promise<Report> {
  const own = await ownReport(cli, seen);
  if (own) return own;
  if (seen.run) return await reportOfRun(cli, seen.run, [seen.service]);
  throw noReport(seen.service);
}

/** @throws NoReport */
export async function reportOfRun(cli: Cli, run: string, services: readonly string[]): Promise<Report> {
  if (!/^[A-Za-z0-9._-]+$/.test(run) || run.startsWith('.')) throw noReport(run);
  const found = (await fromFolder(cli, run)) ?? (await fromStores(cli, run, services));
  if (found) return found;
  throw noReport(run);
}

async function ownReport(cli: Cli, seen: RunSeen): Promise<Report | undefined> {
  const answer = await ask<unknown>(await cli.temporal(), seen, 'report');
  if (answer === unanswered) return undefined;
  if (answer === undefined || answer === null) {
    if (seen.state !== 'RUNNING') return undefined;
    throw refusal(
      'NotEnded',
      `Run ${seen.run} is ${seen.phase}; its report is written when it ends.`,
      `muster watch ${seen.service}.`,
    );
  }
  return reportSchema.parse(answer);
}

async function fromFolder(cli: Cli, run: string): Promise<Report | undefined> {
  const folder = cli.io.env.MUSTER_REPORTS ?? 'reports';
  for (const service of await readdir(folder).catch(() => [])) {
    try {
      return reportSchema.parse(JSON.parse(await readFile(join(folder, service, run, 'report.json'), 'utf8')));
    } catch {
      // Not there, or half of one, as where a disk was full: a storage location may have it whole.
    }
  }
  return undefined;
}

async function fromStores(cli: Cli, run: string, services: readonly string[]): Promise<Report | undefined> {
  for (const service of services) {
    // A plan that cannot be read keeps nobody from the report of another service.
    const plan = await cli.plan(service).then(
      (loaded) => loaded.plan,
      () => undefined,
    );
    if (!plan) continue;
    for (const location of Object.keys(plan.storage)) {
      try {
        const store = await openStore(plan, location, (ref) => resolveSecret(ref, cli.planFolder));
        const { body } = await within(5_000, store.get(layout.report(service, run, 'report.json')));
        return reportSchema.parse(JSON.parse(body.toString()));
      } catch {
        // Not there, or not reachable from here: another location may have it.
      }
    }
  }
  return undefined;
}

function noReport(subject: string): Error {
  return refusal(
    'NoReport',
    `No report of ${subject} was found.`,
    'muster status for runs; reports lie in MUSTER_REPORTS and beside the recovery points.',
  );
}

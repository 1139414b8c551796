/** `muster report`: how a run went; from the run itself, else from where its report was left. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { resolveSecret } from '../../activities/secrets/resolve.ts';
import { openStore } from '../../activities/storage/open-store.ts';
import { refusal } from '../../domain/errors.ts';
import { layout } from '../../domain/recovery-point.ts';
import { type Report, reportSchema } from '../../domain/report.ts';
import { renderReportMarkdown } from '../../domain/report-markdown.ts';
import { runbookJson } from '../../domain/runbook-json.ts';
import type { Cli } from '../cli/cli.ts';
import { say, sayJson } from '../cli/io.ts';
import { ask, type RunSeen, unanswered } from '../cli/runs.ts';
import { within } from '../cli/within.ts';
import { exitCodes } from '../exit-codes.ts';
import { type AddVerb, examples, runToSee, whichRun } from './verb.ts';

export const addReport: AddVerb = (program, run) => {
  const command = program
    .command('report')
    .summary('how a run went')
    .description(
      'The report of what runs or ran last of a service, or of one run by its id: from the run, the local folder (MUSTER_REPORTS) or the storage locations.',
    )
    .argument('<service-or-run>', 'service, or the id of a run');
  whichRun(command)
    .option('--format <format>', "md, json, or runbook: the JSON of the runbooks' own scripts", 'md')
    .addHelpText(
      'after',
      examples('muster report spacetime', 'muster report failover-20260102-031500-ab12 --format json'),
    )
    .action(
      run<{ backup?: boolean; procedure?: string; format: string }>(async (cli, [subject = ''], options) => {
        if (!['md', 'json', 'runbook'].includes(options.format)) {
          throw refusal('BadInput', `There is no format ${options.format}.`, '--format md, json or runbook.');
        }
        const services = await cli.services().catch((): string[] => []);
        const report = services.includes(subject)
          ? await reportOfService(cli, subject, options)
          : await reportOfRun(cli, subject, services);
        if (options.format === 'runbook') sayJson(cli.io, runbookJson(report));
        else if (cli.json || options.format === 'json') sayJson(cli.io, report);
        else say(cli.io, renderReportMarkdown(report));
        return exitCodes.ok;
      }),
    );
};

async function reportOfService(
  cli: Cli,
  service: string,
  options: { backup?: boolean; procedure?: string },
): Promise<Report> {
  const seen = await runToSee(cli, service, options);
  const own = await ownReport(cli, seen);
  if (own) return own;
  if (seen.run) return await reportOfRun(cli, seen.run, [service]);
  throw noReport(service);
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

async function reportOfRun(cli: Cli, run: string, services: readonly string[]): Promise<Report> {
  if (!/^[A-Za-z0-9._-]+$/.test(run) || run.startsWith('.')) throw noReport(run);
  return (await fromFolder(cli, run)) ?? (await fromStores(cli, run, services)) ?? fail(noReport(run));
}

async function fromFolder(cli: Cli, run: string): Promise<Report | undefined> {
  const folder = cli.io.env.MUSTER_REPORTS ?? 'reports';
  for (const service of await readdir(folder).catch(() => [])) {
    const text = await readFile(join(folder, service, run, 'report.json'), 'utf8').catch(() => undefined);
    if (text !== undefined) return reportSchema.parse(JSON.parse(text));
  }
  return undefined;
}

async function fromStores(cli: Cli, run: string, services: readonly string[]): Promise<Report | undefined> {
  for (const service of services) {
    const { plan } = await cli.plan(service);
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

function fail(error: Error): never {
  throw error;
}

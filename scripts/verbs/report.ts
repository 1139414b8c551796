/** `muster report`: how a run went, and what a month or a quarter of a service or of all of them came to. */
import { resolve } from 'node:path';
import { refusal } from '../../domain/errors.ts';
import { periodAsked } from '../../domain/period/period.ts';
import { renderReportHtml } from '../../domain/report/html/run.ts';
import { renderReportMarkdown } from '../../domain/report/markdown.ts';
import type { Report } from '../../domain/report/report.ts';
import { runbookJson } from '../../domain/run/runbook-json.ts';
import type { Cli } from '../cli/cli.ts';
import { reportOfRun, reportOfSeen } from '../cli/find-report.ts';
import { say, sayJson, warn } from '../cli/io.ts';
import { estatePeriod, type Rendered, servicePeriod } from '../cli/period-report.ts';
import { refuseBadOutput, writeWhole } from '../cli/write-whole.ts';
import { exitCodes } from '../exit-codes.ts';
import { addReportEvidence } from './report-evidence.ts';
import { type AddVerb, examples, runToSee, whichRun } from './verb.ts';

interface ReportOptions {
  readonly backup?: boolean;
  readonly procedure?: string;
  readonly period?: string;
  readonly estate?: true;
  readonly store?: true;
  readonly format: string;
  readonly out?: string;
}

const formats = ['md', 'html', 'json', 'runbook'] as const;
type Format = (typeof formats)[number];

export const addReport: AddVerb = (program, run) => {
  const command = program
    .command('report')
    .summary('how a run went, or a month or a quarter')
    .description(
      'The report of what runs or ran last of a service, or of one run by its id: from the run, the local folder (MUSTER_REPORTS) or the storage locations. With --period what a month or a quarter came to, counted from the reports and recovery points in all of these; what could not be read is named.',
    )
    .argument('[service-or-run]', 'service, or the id of a run; none with --estate');
  whichRun(command)
    .option('--period <period>', 'a month (2026-10, last-month) or a quarter (2026-Q3, last-quarter), in UTC')
    .option('--estate', 'with --period: every service that has a plan')
    .option('--store', 'with --period: leave it in every storage location too, with hashes and signature')
    .option('--format <format>', "md, html, json, or runbook: the JSON of the runbooks' own scripts, of a run", 'md')
    .option('--out <file>', 'write it there, whole or not at all, instead of printing it')
    .addHelpText(
      'after',
      examples(
        'muster report spacetime',
        'muster report failover-20260102-031500-ab12 --format html --out failover.html',
        'muster report spacetime --period 2026-10',
        'muster report --estate --period 2026-Q3 --format html --out estate.html',
        'muster report --estate --period last-month --store --format html --out estate.html',
      ),
    )
    .action(
      run<ReportOptions>(async (cli, [subject], options) => {
        const format = formatOf(options);
        refuseBadMix(subject, options, format);
        const file = options.out && resolve(options.out);
        if (file) await refuseBadOutput(file, '--out', `report.${format}`);
        const found = await rendered(cli, subject ?? '', options);
        const text = cli.json && format === 'md' ? jsonOf(found.json) : textOf(found, format);
        if (!file) say(cli.io, text);
        else {
          await writeWhole(file, text, 0o600);
          if (cli.json) sayJson(cli.io, { of: found.of, format, file });
          else say(cli.io, `${file}: report of ${found.of}`);
        }
        for (const each of found.missed ?? []) warn(cli.io, `NOT STORED ${each}`);
        return found.missed?.length && !found.stored?.length ? exitCodes.noAnswer : exitCodes.ok;
      }),
    );
  addReportEvidence(command, run);
};

function formatOf({ format }: ReportOptions): Format {
  const found = formats.find((each) => each === format);
  if (found) return found;
  throw refusal('BadInput', `There is no format ${format}.`, '--format md, html, json or runbook.');
}

function refuseBadMix(subject: string | undefined, { period, estate, store }: ReportOptions, format: Format): void {
  if (estate && period === undefined)
    throw refusal('BadInput', 'The estate has a report of a month or a quarter only.', '--estate --period 2026-10.');
  if (estate && subject !== undefined)
    throw refusal('BadInput', `The estate is every service, and ${subject} is named.`, 'leave one of them out.');
  if (!estate && subject === undefined)
    throw refusal('BadInput', 'No service and no run is named.', 'muster report SERVICE, or --estate with --period.');
  if (store && period === undefined)
    throw refusal('BadInput', 'A run leaves its report itself.', '--store with --period.');
  if (period !== undefined && format === 'runbook')
    throw refusal('BadInput', "The runbooks' scripts print no report of a period.", '--format md, html or json.');
}

interface Found extends Rendered {
  /** Of a run. */
  readonly runbook?: unknown;
}

async function rendered(cli: Cli, subject: string, options: ReportOptions): Promise<Found> {
  const { period, estate, store } = options;
  if (period !== undefined && estate) return await estatePeriod(cli, periodAsked(period, Date.now()), store === true);
  if (period !== undefined) return await servicePeriod(cli, subject, periodAsked(period, Date.now()), store === true);
  const report = await reportFor(cli, subject, options);
  return {
    md: () => renderReportMarkdown(report),
    html: () => renderReportHtml(report),
    json: report,
    runbook: runbookJson(report),
    of: report.run,
  };
}

function textOf(found: Found, format: Format): string {
  if (format === 'md' || format === 'html') return found[format]();
  return jsonOf(found[format]);
}

async function reportFor(cli: Cli, subject: string, options: ReportOptions): Promise<Report> {
  const services = await cli.services().catch((): string[] => []);
  if (!services.includes(subject)) return await reportOfRun(cli, subject, services);
  return await reportOfSeen(cli, await runToSee(cli, subject, options));
}

function jsonOf(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

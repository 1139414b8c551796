/**
 * How long each step took in earlier runs: from reports of the same procedure in the same direction that were carried out to
 * their end. For the time left; no decision rests on it, so where no report can be read nothing is known, and that is all.
 */
import type { Durations } from '../../domain/playbook/durations.ts';
import type { Procedure } from '../../domain/playbook/procedures.ts';
import type { Report } from '../../domain/report/report.ts';
import { type Candidate, reportsInFolder, reportsInStore } from '../reports/candidates.ts';
import type { ObjectStore } from '../storage/store.ts';
import { withLimit } from '../waiting.ts';

export interface Earlier {
  readonly service: string;
  readonly procedure: Procedure;
  readonly from: string;
  readonly to: string;
}

export interface ReportPlaces {
  /** Folder of local copies. */
  readonly folder?: string | undefined;
  /** The acting site's storage location. */
  store?(): Promise<ObjectStore>;
  /** ms for all of it; default 2000. */
  readonly limit?: number;
}

/** How many reports are read, newest first, and how many of them count. */
const looks = 30;
const most = 20;

/** ms by step id, newest first; empty where no earlier run is known. */
export async function lastDurations(wanted: Earlier, places: ReportPlaces): Promise<Durations> {
  const found = new Map<string, number[]>();
  try {
    await withLimit(places.limit ?? 2_000, undefined, async () => {
      for await (const report of fittingReports(wanted, places)) {
        for (const [id, ms] of durationsOf(report)) found.set(id, [...(found.get(id) ?? []), ms]);
      }
    });
  } catch {
    // What was read within the time counts.
  }
  return found;
}

async function* fittingReports(wanted: Earlier, places: ReportPlaces): AsyncIterable<Report> {
  const found = await Promise.all([
    inFolder(wanted, places).catch((): Candidate[] => []),
    inStore(wanted, places).catch((): Candidate[] => []),
  ]);
  const newest = found.flat().sort((a, b) => b.run.localeCompare(a.run));
  // One report lies in two places.
  const once = newest.filter(({ run }, index) => run !== newest[index - 1]?.run).slice(0, looks);
  let fitting = 0;
  for (const candidate of once) {
    // Half a report, or one of another format, is none.
    const report = await candidate.read().catch(() => undefined);
    if (!report || !fits(report, wanted)) continue;
    yield report;
    fitting += 1;
    if (fitting === most) return;
  }
}

function fits(report: Report, { procedure, from, to }: Earlier): boolean {
  return report.result === 'done' && report.procedure === procedure && report.from === from && report.to === to;
}

function durationsOf(report: Report): Map<string, number> {
  const done = report.steps.filter((step) => step.state === 'done' && !step.watch && step.kind !== 'manual');
  return new Map(done.map((step) => [step.id, step.busy ?? step.took ?? 0]));
}

/** Run ids begin with their procedure and their time. */
async function inFolder({ service, procedure }: Earlier, { folder }: ReportPlaces): Promise<Candidate[]> {
  if (!folder) return [];
  return (await reportsInFolder(folder, service)).filter(({ run }) => run.startsWith(`${procedure}-`));
}

async function inStore({ service, procedure }: Earlier, places: ReportPlaces): Promise<Candidate[]> {
  const store = await places.store?.();
  return store ? await reportsInStore(store, service, procedure) : [];
}

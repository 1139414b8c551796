/**
 * How long each step took the last time: from the newest report of the same procedure in the same direction that was carried
 * out to its end. For the time left; no decision rests on it, so where no report can be read nothing is known, and that is all.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Procedure } from '../../domain/procedures.ts';
import { layout } from '../../domain/recovery-point.ts';
import { type Report, reportSchema } from '../../domain/report.ts';
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

interface Candidate {
  readonly run: string;
  read(): Promise<string>;
}

/** Of how many reports, newest first, one is looked for that fits. */
const looks = 5;

/** ms by step id; empty where no earlier run is known. */
export async function lastDurations(wanted: Earlier, places: ReportPlaces): Promise<ReadonlyMap<string, number>> {
  const nothing = new Map<string, number>();
  try {
    return await withLimit(places.limit ?? 2_000, undefined, async () => {
      const report = await newestFitting(wanted, places);
      return report ? durationsOf(report) : nothing;
    });
  } catch {
    return nothing;
  }
}

async function newestFitting(wanted: Earlier, places: ReportPlaces): Promise<Report | undefined> {
  const found = await Promise.all([
    inFolder(wanted, places).catch((): Candidate[] => []),
    inStore(wanted, places).catch((): Candidate[] => []),
  ]);
  const newest = found.flat().sort((a, b) => b.run.localeCompare(a.run));
  for (const candidate of newest.slice(0, looks)) {
    const report = await readReport(candidate);
    if (report && fits(report, wanted)) return report;
  }
  return undefined;
}

/** Undefined for half a report, and for one of another format. */
async function readReport(candidate: Candidate): Promise<Report | undefined> {
  try {
    return reportSchema.parse(JSON.parse(await candidate.read()));
  } catch {
    return undefined;
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
  const runs = (await readdir(join(folder, service))).filter((run) => run.startsWith(`${procedure}-`));
  return runs.map((run) => ({ run, read: () => readFile(join(folder, service, run, 'report.json'), 'utf8') }));
}

async function inStore({ service, procedure }: Earlier, places: ReportPlaces): Promise<Candidate[]> {
  const store = await places.store?.();
  if (!store) return [];
  const found: Candidate[] = [];
  for await (const { key } of store.list(layout.reports(service, procedure))) {
    const run = key.split('/').at(-2);
    if (run && key.endsWith('/report.json'))
      found.push({ run, read: async () => (await store.get(key)).body.toString() });
  }
  return found;
}

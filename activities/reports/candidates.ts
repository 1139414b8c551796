/** Reports that lie in a place, by the id of their run; each is read when it is asked for. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { layout } from '../../domain/points/recovery-point.ts';
import { type Report, reportSchema } from '../../domain/report/report.ts';
import type { ObjectStore } from '../storage/store.ts';

export interface Candidate {
  readonly run: string;
  /** Undefined where a run's folder holds no report (yet). Rejects for half a report, one of another format, and another run's. */
  read(): Promise<Report | undefined>;
}

export async function reportsInStore(store: ObjectStore, service: string, procedure?: string): Promise<Candidate[]> {
  const prefix = procedure === undefined ? layout.allReports(service) : layout.reports(service, procedure);
  const found: Candidate[] = [];
  for await (const { key } of store.list(prefix)) {
    const run = key.split('/').at(-2);
    if (run && key.endsWith('/report.json'))
      found.push({ run, read: async () => reportOf(run, (await store.get(key)).body.toString()) });
  }
  return found;
}

/** None where the folder does not exist. */
export async function reportsInFolder(folder: string, service: string): Promise<Candidate[]> {
  const runs = (await ifThere(readdir(join(folder, service)))) ?? [];
  return runs.map((run) => ({
    run,
    read: async () => {
      const text = await ifThere(readFile(join(folder, service, run, 'report.json'), 'utf8'));
      return text === undefined ? undefined : reportOf(run, text);
    },
  }));
}

function reportOf(run: string, text: string): Report {
  const report = reportSchema.parse(JSON.parse(text));
  if (report.run !== run) throw new Error(`it is the report of ${report.run}`);
  return report;
}

async function ifThere<Found>(looking: Promise<Found>): Promise<Found | undefined> {
  return await looking.catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw error;
  });
}

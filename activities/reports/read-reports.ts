/**
 * The reports of a service's runs in a window, from every place where they were left: what objectives, metrics and the
 * monthly report are counted from. A place that does not answer is named; what it alone had is missing, and whoever counts must say so.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { layout } from '../../domain/recovery-point.ts';
import { type Report, reportSchema } from '../../domain/report.ts';
import { mapLimited } from '../points/map-limited.ts';
import type { ObjectStore } from '../storage/store.ts';
import { withLimit } from '../waiting.ts';

export interface ReportSources {
  readonly stores: readonly ObjectStore[];
  /** Folder of local copies, for example `MUSTER_REPORTS`. */
  readonly folder?: string | undefined;
  /** Which runs are read, by their ids; all where absent. */
  readonly wants?: (run: string) => boolean;
  /** ms a place may take for all of it; default 20 s. */
  readonly limit?: number;
}

/** ms since the epoch; a report counts when its run ended in [from, to). */
export interface Window {
  readonly from: number;
  readonly to: number;
}

export interface ReportsRead {
  /** Each run once, in the order they ended. */
  readonly reports: readonly Report[];
  /** Places that did not answer, and reports that could not be read; `place` is a location's name or a folder. */
  readonly unread: readonly { readonly place: string; readonly run?: string; readonly why: string }[];
}

interface Candidate {
  readonly run: string;
  read(): Promise<string>;
}

interface Place {
  readonly name: string;
  candidates(): Promise<Candidate[]>;
}

type Unread = ReportsRead['unread'][number];

/** A run may last so long: one that began earlier than this before the window is not looked at. */
const longestRun = 7 * 86_400_000;
const sideBySide = 24;

/** In: a service and a window. Out: its reports. Never rejects for a place that is down: that one stands in `unread`. */
export async function readReports(service: string, window: Window, sources: ReportSources): Promise<ReportsRead> {
  const found = new Map<string, Report>();
  const unread: Unread[] = [];
  const lost: Unread[] = [];
  await Promise.all(
    placesOf(service, sources).map(async (place) => {
      try {
        await withLimit(sources.limit ?? 20_000, undefined, async (signal) => {
          const candidates = (await place.candidates()).filter(
            ({ run }) => mayFit(run, window) && (sources.wants?.(run) ?? true),
          );
          await mapLimited(candidates, sideBySide, async (candidate) => {
            signal.throwIfAborted();
            if (found.has(candidate.run)) return;
            const report = await readReport(candidate).catch((error) => messageOf(error));
            if (typeof report === 'string') lost.push({ place: place.name, run: candidate.run, why: report });
            else found.set(report.run, report);
          });
        });
      } catch (error) {
        unread.push({ place: place.name, why: messageOf(error) });
      }
    }),
  );
  const reports = [...found.values()]
    .filter(({ times, service: of }) => of === service && isWithin(times.ended, window))
    .sort((a, b) => a.times.ended.localeCompare(b.times.ended) || a.run.localeCompare(b.run));
  // Half a report in one place is no loss while another place has it whole.
  return { reports, unread: [...unread, ...lost.filter(({ run }) => !found.has(run as string))] };
}

function placesOf(service: string, { stores, folder }: ReportSources): Place[] {
  return [
    ...stores.map((store) => ({ name: store.location, candidates: () => inStore(service, store) })),
    ...(folder ? [{ name: folder, candidates: () => inFolder(join(folder, service)) }] : []),
  ];
}

async function inStore(service: string, store: ObjectStore): Promise<Candidate[]> {
  const found: Candidate[] = [];
  for await (const { key } of store.list(layout.allReports(service))) {
    const run = key.split('/').at(-2);
    if (run && key.endsWith('/report.json'))
      found.push({ run, read: async () => (await store.get(key)).body.toString() });
  }
  return found;
}

async function inFolder(folder: string): Promise<Candidate[]> {
  const runs = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return runs.map((run) => ({ run, read: () => readFile(join(folder, run, 'report.json'), 'utf8') }));
}

async function readReport({ run, read }: Candidate): Promise<Report> {
  const report = reportSchema.parse(JSON.parse(await read()));
  if (report.run !== run) throw new Error(`it is the report of ${report.run}`);
  return report;
}

/** Run ids hold the time at which they began: `<procedure>-YYYYMMDD-HHMMSS-<random>`. One that holds none may be of any time. */
function mayFit(run: string, { from, to }: Window): boolean {
  const [, year, month, day, hour, minute, second] = run.match(/-(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d)(?:-|$)/) ?? [];
  if (year === undefined) return true;
  const began = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
  return began < to && began >= from - longestRun;
}

function isWithin(time: string, { from, to }: Window): boolean {
  const ms = Date.parse(time);
  return ms >= from && ms < to;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

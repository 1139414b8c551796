/**
 * The reports of a service's runs in a window, from every place where they were left: what objectives, metrics and the
 * monthly report are counted from. A place that does not answer is named; what it alone had is missing, and whoever counts must say so.
 */
import type { Procedure } from '../../domain/playbook/procedures.ts';
import type { Report } from '../../domain/report/report.ts';
import { readRunId } from '../../domain/run/run-id.ts';
import { mapLimited } from '../points/map-limited.ts';
import type { ObjectStore } from '../storage/store.ts';
import { withLimit } from '../waiting.ts';
import { type Candidate, reportsInFolder, reportsInStore } from './candidates.ts';

export interface ReportSources {
  readonly stores: readonly ObjectStore[];
  /** Folder of local copies, for example `MUSTER_REPORTS`. */
  readonly folder?: string | undefined;
  /** ms a place may take for all of it; default 20 s. */
  readonly limit?: number;
  /** Only runs of these: a month has thousands of shipments. All where absent. */
  readonly procedures?: readonly Procedure[];
  /** Runs whose report is known already: it does not change, and is not read again. */
  readonly known?: { has(run: string): boolean };
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
            ({ run }) => mayFit(run, window, sources.procedures) && !sources.known?.has(run),
          );
          await mapLimited(candidates, sideBySide, async (candidate) => {
            signal.throwIfAborted();
            if (found.has(candidate.run)) return;
            const report = await candidate.read().catch((error) => messageOf(error));
            if (typeof report === 'string') lost.push({ place: place.name, run: candidate.run, why: report });
            else if (report) found.set(report.run, report);
          });
        });
      } catch (error) {
        unread.push({ place: place.name, why: messageOf(error) });
      }
    }),
  );
  const wanted = ({ service: of, procedure, times }: Report) =>
    of === service && isWithin(times.ended, window) && (sources.procedures?.includes(procedure) ?? true);
  const reports = [...found.values()]
    .filter(wanted)
    .sort((a, b) => a.times.ended.localeCompare(b.times.ended) || a.run.localeCompare(b.run));
  // Half a report in one place is no loss while another place has it whole.
  return { reports, unread: [...unread, ...lost.filter(({ run }) => !found.has(run as string))] };
}

function placesOf(service: string, { stores, folder }: ReportSources): Place[] {
  return [
    ...stores.map((store) => ({ name: store.location, candidates: () => reportsInStore(store, service) })),
    ...(folder ? [{ name: folder, candidates: () => reportsInFolder(folder, service) }] : []),
  ];
}

/** By its id, so that not everything is fetched. One that says neither time nor procedure is. */
function mayFit(run: string, { from, to }: Window, wanted?: readonly Procedure[]): boolean {
  const known = readRunId(run);
  if (!known) return true;
  return known.began < to && known.began >= from - longestRun && (wanted?.includes(known.procedure) ?? true);
}

function isWithin(time: string, { from, to }: Window): boolean {
  const ms = Date.parse(time);
  return ms >= from && ms < to;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

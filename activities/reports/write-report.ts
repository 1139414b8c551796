/**
 * Builds the report at the end of a run and leaves it where people will look: in every storage location that answers,
 * beside the service's recovery points, and in a local folder. A place that is down is named, and is not fatal.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Assessment } from '../../domain/assessment.ts';
import { buildReport, type Observed } from '../../domain/build-report.ts';
import { compareDrills } from '../../domain/drills/compare.ts';
import type { Playbook } from '../../domain/playbook.ts';
import type { StepOutput } from '../../domain/protocol.ts';
import { layout } from '../../domain/recovery-point.ts';
import type { Report } from '../../domain/report.ts';
import { renderReportMarkdown } from '../../domain/report-markdown.ts';
import type { RunStatus } from '../../domain/run.ts';
import type { ObjectStore } from '../storage/store.ts';

/** What the workflow hands over when it ends. */
export interface ReportCall {
  readonly status: RunStatus;
  readonly playbook?: Playbook;
  readonly assessment?: Assessment;
  readonly outputs?: Readonly<Record<string, StepOutput>>;
  /** Why there is no playbook: the run was refused before it had one. */
  readonly refused?: NonNullable<Report['refused']>;
}

export interface ReportDeps {
  /** Names of the plan's storage locations. */
  readonly locations: readonly string[];
  store(location: string): Promise<ObjectStore>;
  /** Folder for local copies; `MUSTER_REPORTS`, default `reports`. Undefined: none. */
  readonly folder?: string | undefined;
  /** Asks the observer; undefined where there is none. Its failure is no reason to lose the report. */
  observe?(call: ReportCall): Promise<Observed | undefined>;
  /** RPO of the service, ms. */
  readonly rpo?: number;
  /** Reports of drills before this one; asked for one only, and its failure is no reason to lose the report. */
  drills?(): Promise<readonly Report[]>;
  /** ms a location may take; default 5 s: a report is small. */
  readonly patience?: number;
}

export interface WrittenReport {
  readonly report: Report;
  /** `west: spacetime/reports/<run>/report.json`, and local paths. */
  readonly written: string[];
  /** Places that could not be reached, and why. */
  readonly missed: string[];
}

/** Builds and stores the report. */
export async function reportRun(call: ReportCall, deps: ReportDeps): Promise<WrittenReport> {
  const missed: string[] = [];
  const observed = await deps.observe?.(call).catch((error) => {
    missed.push(`observer: ${messageOf(error)}`);
    return undefined;
  });
  const report = await compared(buildReport({ ...call, observed, rpo: deps.rpo }), deps);
  const { written, missed: down } = await writeReport({ report }, deps);
  return { report, written, missed: [...missed, ...down] };
}

/** A drill beside the one before it. */
async function compared(report: Report, deps: ReportDeps): Promise<Report> {
  if (!report.drill || !deps.drills) return report;
  const before = await deps.drills().catch(() => []);
  const comparison = compareDrills(report, before);
  return comparison ? { ...report, drill: { ...report.drill, compared: comparison } } : report;
}

/** Stores a report that is built already. Safe to repeat: the same run writes the same keys. */
async function writeReport(
  { report }: { report: Report },
  deps: ReportDeps,
): Promise<{ written: string[]; missed: string[] }> {
  const files = { 'report.json': `${JSON.stringify(report, null, 2)}\n`, 'report.md': renderReportMarkdown(report) };
  const places = [
    ...deps.locations.map((location) => ({ name: location, write: () => toStore(location, report, files, deps) })),
    ...(deps.folder ? [{ name: deps.folder, write: () => toFolder(deps.folder as string, report, files) }] : []),
  ];
  const written: string[] = [];
  const missed: string[] = [];
  const settled = await Promise.allSettled(places.map((place) => within(deps.patience ?? 5_000, place.write())));
  for (const [index, result] of settled.entries()) {
    if (result.status === 'fulfilled') written.push(...result.value);
    else missed.push(`${places[index]?.name}: ${messageOf(result.reason)}`);
  }
  return { written, missed };
}

type Files = Readonly<Record<string, string>>;

async function toStore(location: string, report: Report, files: Files, deps: ReportDeps): Promise<string[]> {
  const store = await deps.store(location);
  return await Promise.all(
    Object.entries(files).map(async ([name, text]) => {
      const key = layout.report(report.service, report.run, name);
      await store.put(key, Buffer.from(text));
      return `${location}: ${key}`;
    }),
  );
}

async function toFolder(folder: string, report: Report, files: Files): Promise<string[]> {
  const place = join(folder, report.service, report.run);
  await mkdir(place, { recursive: true });
  return await Promise.all(
    Object.entries(files).map(async ([name, text]) => {
      await writeFile(join(place, name), text);
      return join(place, name);
    }),
  );
}

/** A location in a lost region hangs rather than refuses. */
async function within<Value>(ms: number, work: Promise<Value>): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

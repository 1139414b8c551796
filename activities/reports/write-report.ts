/**
 * Builds the report at the end of a run and leaves it where people will look: in every storage location that answers,
 * beside the service's recovery points, and in a local folder. A place that is down is named, and is not fatal.
 */
import { join } from 'node:path';
import { compareDrills } from '../../domain/drills/compare.ts';
import type { Assessment } from '../../domain/playbook/assessment.ts';
import type { Playbook } from '../../domain/playbook/playbook.ts';
import { layout } from '../../domain/points/recovery-point.ts';
import { buildReport, type Observed } from '../../domain/report/build.ts';
import type { ProofRow } from '../../domain/report/proof.ts';
import type { Report } from '../../domain/report/report.ts';
import type { StepOutput } from '../../domain/run/protocol.ts';
import type { RunStatus } from '../../domain/run/run.ts';
import type { Signer } from '../points/signer.ts';
import { leaveFiles, type Places } from './leave-files.ts';
import { reportFiles } from './report-files.ts';

/** What the workflow hands over when it ends. */
export interface ReportCall {
  readonly status: RunStatus;
  readonly playbook?: Playbook;
  readonly assessment?: Assessment;
  readonly outputs?: Readonly<Record<string, StepOutput>>;
  /** Why there is no playbook: the run was refused before it had one. */
  readonly refused?: NonNullable<Report['refused']>;
}

/** `folder`: `MUSTER_REPORTS`, default `reports`. */
export interface ReportDeps extends Places {
  /** Asks the observer; undefined where there is none. Its failure is no reason to lose the report. */
  observe?(call: ReportCall): Promise<Observed | undefined>;
  /** Reads the marks of the run's recovery point; undefined where there is none. As little a reason. */
  prove?(call: ReportCall): Promise<ProofRow[] | undefined>;
  /** Signs the list of hashes. As little a reason: the report is left without a signature then, and that is said. */
  signer?(): Promise<Signer>;
  /** RPO of the service, ms. */
  readonly rpo?: number;
  /** Reports of drills before this one; asked for one only, and its failure is no reason to lose the report. */
  drills?(): Promise<readonly Report[]>;
}

export interface WrittenReport {
  readonly report: Report;
  /** `west: spacetime/reports/<run>/report.json`, and local paths. */
  readonly written: string[];
  /** Places that could not be reached, and why. */
  readonly missed: string[];
}

/** Builds and stores the report. Safe to repeat: the same run writes the same keys. */
export async function reportRun(call: ReportCall, deps: ReportDeps): Promise<WrittenReport> {
  const missed: string[] = [];
  const orSay = async <Found>(what: string, found: Promise<Found> | undefined): Promise<Found | undefined> =>
    await found?.catch((error: unknown) => {
      missed.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    });
  const [observed, proof, signer] = await Promise.all([
    orSay('observer', deps.observe?.(call)),
    orSay('marks', deps.prove?.(call)),
    orSay('signature', deps.signer?.()),
  ]);
  const report = await compared(buildReport({ ...call, observed, proof, rpo: deps.rpo }), deps);
  const { service, run } = report;
  const names = {
    key: (name: string) => layout.report(service, run, name),
    path: (name: string) => join(service, run, name),
  };
  const left = await leaveFiles(reportFiles(report, signer), names, deps);
  return { report, written: left.written, missed: [...missed, ...left.missed] };
}

/** A drill beside the one before it. */
async function compared(report: Report, deps: ReportDeps): Promise<Report> {
  if (!report.drill || !deps.drills) return report;
  const before = await deps.drills().catch(() => []);
  const comparison = compareDrills(report, before);
  return comparison ? { ...report, drill: { ...report.drill, compared: comparison } } : report;
}

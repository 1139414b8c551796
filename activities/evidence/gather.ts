/** Gathers what an auditor is shown of a month or a quarter of a service, out of the places where it lies, byte for byte. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { renderPeriodMarkdown } from '../../domain/period/markdown.ts';
import type { Period } from '../../domain/period/period.ts';
import { renderPeriodHtml } from '../../domain/report/html/period.ts';
import type { LoadedPlan } from '../plans/load-plan.ts';
import { loadPinned, sha256Of } from '../points/signer.ts';
import { gatherPeriod, type PeriodSources } from '../reports/gather-period.ts';
import type { Files } from '../reports/report-files.ts';
import { auditFiles } from './audit.ts';
import { fitsList } from './bundle.ts';
import { pointFiles } from './points.ts';
import { readme } from './readme.ts';
import { reportFilesOf } from './reports.ts';

export interface Evidence {
  readonly files: Files;
  /** What is not in it, and why: a place that did not answer, a point that no pinned signer signed. For people. */
  readonly leftOut: readonly string[];
  /** Folders of reports without a signature. */
  readonly unsigned: readonly string[];
}

/** An archive is made in memory. */
const mostReports = 5_000;

/** @throws KeyMissing where a pinned key cannot be read */
export async function gatherEvidence(loaded: LoadedPlan, period: Period, sources: PeriodSources): Promise<Evidence> {
  const { plan, sha256 } = loaded;
  const signers = await loadPinned(plan, sources.planFolder);
  const { report, runs } = await gatherPeriod(plan, period, sources);
  const { wanted, routine } = chosenOf(runs);
  const { allowedSigners } = plan.approvals;
  const allowed = allowedSigners && (await readFile(resolve(sources.planFolder, allowedSigners.file)));
  const window = { period, service: plan.service, signers, ...sources };
  const [reports, points, audit] = await Promise.all([
    reportFilesOf(wanted.slice(-mostReports), window),
    pointFiles(plan, window),
    auditFiles(
      { ...window, except: new Set(routine), ended: new Set(runs.map(({ run }) => run)) },
      allowed?.toString(),
    ),
  ]);
  const parts = [reports, points, audit];
  const found = Object.assign({}, ...parts.map(({ files }) => files)) as Record<string, Buffer>;
  const strange = Object.keys(found).filter((name) => !fitsList(name));
  const leftOut = [
    ...report.unread.map(({ place, run, why }) => `${run === undefined ? '' : `report of ${run} at `}${place}: ${why}`),
    ...(wanted.length > mostReports
      ? [`the ${wanted.length - mostReports} oldest reports: ${mostReports} are in a bundle`]
      : []),
    ...(routine.length > 0 ? [`reports and audit log of ${routine.length} log shipments that were done`] : []),
    ...parts.flatMap((part) => part.leftOut),
    ...strange.map((name) => `${JSON.stringify(name)}: no name that a list can hold`),
  ].map((line) => line.replaceAll(/\s+/g, ' ').replaceAll(/[^ -~]/g, '?'));
  const texts = {
    'README.md': readme(plan, report, signers.fingerprints),
    'plan.json': `${JSON.stringify(plan, null, 2)}\n`,
    'plan.sha256.txt': `${sha256}\n`,
    'period.json': `${JSON.stringify(report, null, 2)}\n`,
    'period.md': renderPeriodMarkdown(report),
    'period.html': renderPeriodHtml(report),
    'unsigned.txt': reports.unsigned.map((line) => `${line}\n`).join(''),
    'left-out.txt': leftOut.map((line) => `${line}\n`).join(''),
  };
  return {
    files: {
      ...Object.fromEntries(Object.entries(found).filter(([name]) => fitsList(name))),
      ...Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, Buffer.from(text)])),
      ...(await keyFiles(plan.signer.pinned, sources.planFolder)),
      ...(allowed ? { allowed_signers: allowed } : {}),
      'verify.sh': await readFile(new URL('verify.sh', import.meta.url)),
    },
    leftOut,
    unsigned: reports.unsigned,
  };
}

/** Logs are shipped every few minutes, and one that was done tells nothing: the points and their marks do. */
function chosenOf(runs: Awaited<ReturnType<typeof gatherPeriod>>['runs']) {
  const isRoutine = ({ procedure, result }: (typeof runs)[number]) => procedure === 'log-shipping' && result === 'done';
  const names = (some: typeof runs) => some.map(({ run }) => run);
  return { wanted: names(runs.filter((run) => !isRoutine(run))), routine: names(runs.filter(isRoutine)) };
}

/** The pinned public keys, each named by the hash of its file. */
async function keyFiles(pinned: readonly { readonly file: string }[], planFolder: string): Promise<Files> {
  const pems = await Promise.all(pinned.map(({ file }) => readFile(resolve(planFolder, file))));
  return Object.fromEntries(pems.map((pem) => [`signers/${sha256Of(pem).slice(0, 16)}.pub`, pem]));
}

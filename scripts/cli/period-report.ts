/** A month or a quarter of a service, or of every service that has a plan, as this machine can read it. */
import { pinnedSigner } from '../../activities/points/pinned-signer.ts';
import { gatherPeriod } from '../../activities/reports/gather-period.ts';
import { storePeriod } from '../../activities/reports/store-period.ts';
import { resolveSecret } from '../../activities/secrets/resolve.ts';
import { openStore } from '../../activities/storage/open-store.ts';
import { renderEstateMarkdown, renderPeriodMarkdown } from '../../domain/period/markdown.ts';
import type { Period } from '../../domain/period/period.ts';
import { namesOf } from '../../domain/period/report.ts';
import type { EstateReport, PeriodReport } from '../../domain/period/shape.ts';
import type { SecretRef } from '../../domain/plan-values.ts';
import { renderEstateHtml, renderPeriodHtml } from '../../domain/report-html/period.ts';
import type { Cli } from './cli.ts';
import { openStores } from './service-points.ts';

export interface Rendered {
  readonly md: () => string;
  readonly html: () => string;
  readonly json: unknown;
  /** For people: what it is of. */
  readonly of: string;
  /** `west: spacetime/periods/2026-10/period.json`, where it was stored. */
  readonly stored?: readonly string[];
  /** Places that did not take it, and why. */
  readonly missed?: readonly string[];
}

interface Read {
  readonly report: PeriodReport;
  readonly stored: readonly string[];
  readonly missed: readonly string[];
}

/** @param store  leaves it in the storage locations too, signed */
export async function servicePeriod(cli: Cli, service: string, period: Period, store: boolean): Promise<Rendered> {
  const { report, stored, missed } = await readPeriod(cli, service, period, store);
  return {
    md: () => renderPeriodMarkdown(report),
    html: () => renderPeriodHtml(report),
    json: report,
    of: `${service} in ${period.name}`,
    ...{ stored, missed },
  };
}

/** A service of which nothing can be said (its plan has mistakes) is named, and takes nothing from the others. */
export async function estatePeriod(cli: Cli, period: Period, store: boolean): Promise<Rendered> {
  const read: Read[] = [];
  const unread: EstateReport['unread'] = [];
  for (const service of await cli.services()) {
    try {
      read.push(await readPeriod(cli, service, period, store));
    } catch (error) {
      unread.push({ service, why: error instanceof Error ? error.message : String(error) });
    }
  }
  const estate: EstateReport = {
    ...{ format: 1, period: namesOf(period), madeAt: new Date().toISOString() },
    ...{ services: read.map(({ report }) => report), unread },
  };
  return {
    md: () => renderEstateMarkdown(estate),
    html: () => renderEstateHtml(estate),
    json: estate,
    of: `the estate in ${period.name}`,
    stored: read.flatMap(({ stored }) => stored),
    missed: [
      ...read.flatMap(({ missed }) => missed),
      ...(store ? unread.map(({ service, why }) => `${service}: ${why}`) : []),
    ],
  };
}

async function readPeriod(cli: Cli, service: string, period: Period, store: boolean): Promise<Read> {
  const { plan } = await cli.plan(service);
  const { stores, unreachable } = await openStores(plan, cli.planFolder);
  const folder = cli.io.env.MUSTER_REPORTS ?? 'reports';
  const sources = { stores, unreachable, folder, planFolder: cli.planFolder, now: Date.now() };
  const { report } = await gatherPeriod(plan, period, sources);
  if (!store) return { report, stored: [], missed: [] };
  const secret = (ref: SecretRef) => resolveSecret(ref, cli.planFolder);
  const signer = await pinnedSigner(plan, cli.planFolder, secret);
  const places = { locations: Object.keys(plan.storage), store: (name: string) => openStore(plan, name, secret) };
  const left = await storePeriod(report, signer, { ...places, patience: 30_000 });
  return { report, stored: left.written, missed: left.missed };
}

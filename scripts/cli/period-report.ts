/** A month or a quarter of a service, or of every service that has a plan, as this machine can read it. */
import { type CountedEstate, estateOf, storeEstate } from '../../activities/reports/estate-of.ts';
import type { Left } from '../../activities/reports/leave-files.ts';
import { periodOf, periodPlaces, periodSigner } from '../../activities/reports/period-of.ts';
import { renderEstateMarkdown, renderPeriodMarkdown } from '../../domain/period/markdown.ts';
import type { Period } from '../../domain/period/period.ts';
import type { Plan } from '../../domain/plan/plan.ts';
import { renderEstateHtml, renderPeriodHtml } from '../../domain/report/html/period.ts';
import type { Cli } from './cli.ts';

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

/** @param store  leaves it in the storage locations too, signed */
export async function servicePeriod(cli: Cli, service: string, period: Period, store: boolean): Promise<Rendered> {
  const { plan } = await cli.plan(service);
  const { report, left } = await periodOf(plan, period, { ...machineOf(cli), store });
  return {
    md: () => renderPeriodMarkdown(report),
    html: () => renderPeriodHtml(report),
    json: report,
    of: `${service} in ${period.name}`,
    ...{ stored: left.written, missed: left.missed },
  };
}

/** Stored is that of each service, and that of all of them beside those whose plan wants it. */
export async function estatePeriod(cli: Cli, period: Period, store: boolean): Promise<Rendered> {
  const carriers: Plan[] = [];
  const counted = await estateOf(await cli.services(), period, async (service) => {
    const { plan } = await cli.plan(service);
    if (plan.reports?.estate) carriers.push(plan);
    return await periodOf(plan, period, { ...machineOf(cli), store });
  });
  const { estate, left } = counted;
  const also = store ? await Promise.all(carriers.map((plan) => leaveBeside(cli, plan, counted))) : [];
  return {
    md: () => renderEstateMarkdown(estate),
    html: () => renderEstateHtml(estate),
    json: estate,
    of: `the estate in ${period.name}`,
    stored: [left, ...also].flatMap(({ written }) => written),
    missed: [
      ...[left, ...also].flatMap(({ missed }) => missed),
      ...(store ? estate.unread.map(({ service, why }) => `${service}: ${why}`) : []),
    ],
  };
}

async function leaveBeside({ planFolder }: Cli, plan: Plan, { estate }: CountedEstate): Promise<Left> {
  const signer = await periodSigner(plan, planFolder);
  return await storeEstate(estate, plan.service, signer, periodPlaces(plan, planFolder));
}

function machineOf({ io, planFolder }: Cli) {
  return { planFolder, folder: io.env.MUSTER_REPORTS ?? 'reports' };
}

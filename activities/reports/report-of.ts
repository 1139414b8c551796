/** Activity `writeReport`: asks the observer what it saw, builds the report, and leaves it in every place that answers. */

import type { Plan } from '../../domain/plan/plan.ts';
import type { SecretRef } from '../../domain/plan/values.ts';
import { traitsOf } from '../../domain/playbook/procedures.ts';
import type { Observed } from '../../domain/report/build.ts';
import { curveSpan, reportCurve } from '../../domain/report/curve.ts';
import type { Report } from '../../domain/report/report.ts';
import { lostWrites, observedCurve, observedOutages } from '../health/observer.ts';
import { loadPlan } from '../plans/load-plan.ts';
import { pinnedSigner } from '../points/pinned-signer.ts';
import type { Dependencies } from '../runtime/dependencies.ts';
import { resolveSecret } from '../secrets/resolve.ts';
import { openStore } from '../storage/open-store.ts';
import { readReports } from './read-reports.ts';
import { provenBy } from './report-proof.ts';
import { type ReportCall, reportRun, type WrittenReport } from './write-report.ts';

/** ms; the observer stands in a third place and may be as far as the lost region. */
const observerPatience = 5_000;
/** ms; the observer asks the service for every write. */
const countPatience = 20_000;
const drillsRemembered = 2 * 366 * 86_400_000;

export async function reportOf(call: ReportCall, deps: Dependencies): Promise<WrittenReport> {
  const { folder } = deps.plans;
  const { plan } = await loadPlan(folder, call.status.service, { overlays: [...deps.plans.overlays] });
  const secret = (ref: SecretRef) => resolveSecret(ref, folder);
  const store = (location: string) => openStore(plan, location, secret);
  return await reportRun(call, {
    locations: Object.keys(plan.storage),
    store,
    folder: deps.reports,
    rpo: plan.objectives.rpo,
    observe: () => observe(plan, call),
    drills: () => drillsBefore(plan, deps),
    prove: () => provenBy(plan, folder, call, store),
    signer: () => pinnedSigner(plan, folder, secret),
  });
}

/** Reports of the drills of two years, from every place that answers. */
async function drillsBefore(plan: Plan, { plans, reports: folder }: Dependencies): Promise<readonly Report[]> {
  const opened = await Promise.allSettled(
    Object.keys(plan.storage).map((location) => openStore(plan, location, (ref) => resolveSecret(ref, plans.folder))),
  );
  const stores = opened.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const now = Date.now();
  const window = { from: now - drillsRemembered, to: now };
  return (await readReports(plan.service, window, { stores, folder, procedures: ['drill'], limit: 10_000 })).reports;
}

/**
 * The outage that this run answered: the first one that was not over when the run was declared, or that began before it
 * ended. Undefined for what restores nothing, without an observer, and where the observer itself did not look all the time.
 */
async function observe(plan: Plan, { status }: ReportCall): Promise<Observed | undefined> {
  if (!plan.observer || !traitsOf(status.procedure).restores) return undefined;
  const { declared } = status.clock;
  const { outages } = await observedOutages({ url: plan.observer.url, timeout: observerPatience }, declared.at);
  const last = status.timeline.at(-1)?.at ?? declared.at;
  const outage = outages.find((each) => each.since <= last && (each.until === undefined || each.until >= declared.at));
  const lasting = outage && lastingOutage(outages, outage.since, last);
  const source = `observer at ${plan.observer.url}${outage?.observed === false ? ', which did not look all the time' : ''}`;
  const [writes, curve] = await Promise.all([
    lostWrites({ url: plan.observer.url, timeout: countPatience }, { from: writesSince(status), to: last }),
    curveAround({ ...lasting, declared: declared.at, last }, plan.observer.url, source),
  ]);
  return { source, ...(lasting ? { outage: lasting } : {}), writes, curve };
}

/** A planned move restores no older state: of all that was acknowledged since it was asked for nothing may be lost. */
function writesSince({ procedure, point, timeline }: ReportCall['status']): string | undefined {
  return traitsOf(procedure).planned ? timeline[0]?.at : point?.takenAt;
}

/** A service that answers between two failures is not back: the outage lasts to the end of the last one in the run. */
function lastingOutage(outages: readonly { since: string; until?: string }[], since: string, last: string) {
  const within = outages.filter((each) => each.since >= since && each.since <= last);
  return { since, until: within.at(-1)?.until };
}

/** An observer that has no curve to give is no reason to lose what else it saw. */
async function curveAround(times: Parameters<typeof curveSpan>[0], url: string, source: string) {
  const seen = await observedCurve({ url, timeout: observerPatience }, curveSpan(times)).catch(() => undefined);
  return seen && reportCurve(seen, source);
}

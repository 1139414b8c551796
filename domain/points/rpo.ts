/** How much of each component would be lost if it were lost now, against what was promised. Pure. */

import type { Component } from '../plan/component.ts';
import type { Plan } from '../plan/plan.ts';
import type { PointSummary } from '../playbook/assessment.ts';
import { newestThatCounts } from './point-state.ts';

/** `warning`: the limit is near. `exceeded`: past it. `critical`: past twice the limit, or there is nothing at all. */
export type RpoVerdict = 'met' | 'warning' | 'exceeded' | 'critical';

export interface ComponentRpo {
  readonly component: string;
  readonly driver: string;
  /** ms */
  readonly objective: number;
  /** ms since the newest state that can be brought back; absent where there is none. */
  readonly age?: number;
  /** ISO */
  readonly takenAt?: string;
  readonly point?: string;
  /** The newest is not a point but the end of an archived log. */
  readonly log?: true;
  readonly verdict: RpoVerdict;
  /** The runbooks' severities: P1 near or past the limit, P0 past twice the limit. */
  readonly severity?: 'P0' | 'P1';
}

export interface ServiceRpo {
  readonly service: string;
  /** State from which on a point counts. */
  readonly counts: Plan['objectives']['counts'];
  readonly verdict: RpoVerdict;
  readonly components: readonly ComponentRpo[];
}

/** Share of the objective from which on the limit is near. */
export const near = 0.8;

const order: readonly RpoVerdict[] = ['met', 'warning', 'exceeded', 'critical'];

/**
 * @param points  as seen at all locations; one counts for the components that it holds, from the plan's `objectives.counts` on
 * @param logs    component to the moment up to which its log is archived, ISO
 * @param now     ms
 */
export function rpoOf(
  plan: Pick<Plan, 'service' | 'objectives' | 'components'>,
  points: readonly PointSummary[],
  now: number,
  logs: Readonly<Record<string, string>> = {},
): ServiceRpo {
  const { counts } = plan.objectives;
  const components = plan.components.map((component) => {
    const holding = points.filter((point) => point.components.includes(component.name));
    return componentRpo(component, plan.objectives.rpo, newestThatCounts(holding, counts), logs[component.name], now);
  });
  const verdict = components.reduce<RpoVerdict>((worst, each) => worse(worst, each.verdict), 'met');
  return { service: plan.service, counts, verdict, components };
}

function componentRpo(
  { name, driver, rpo }: Component,
  ofService: number,
  newest: PointSummary | undefined,
  archivedTo: string | undefined,
  now: number,
): ComponentRpo {
  const base = { component: name, driver, objective: rpo ?? ofService };
  // A log alone brings nothing back: it goes on from a point.
  if (!newest) return { ...base, verdict: 'critical', severity: 'P0' };
  const log = archivedTo !== undefined && archivedTo > newest.takenAt;
  const takenAt = log ? archivedTo : newest.takenAt;
  const age = Math.max(0, now - Date.parse(takenAt));
  const verdict = verdictOf(age / base.objective);
  return { ...base, age, takenAt, point: newest.id, ...(log ? { log } : {}), verdict, ...severityOf(verdict) };
}

function verdictOf(used: number): RpoVerdict {
  if (used > 2) return 'critical';
  if (used > 1) return 'exceeded';
  return used >= near ? 'warning' : 'met';
}

function severityOf(verdict: RpoVerdict): { severity?: 'P0' | 'P1' } {
  if (verdict === 'met') return {};
  return { severity: verdict === 'critical' ? 'P0' : 'P1' };
}

function worse(one: RpoVerdict, other: RpoVerdict): RpoVerdict {
  return order.indexOf(one) >= order.indexOf(other) ? one : other;
}

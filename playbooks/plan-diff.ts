/**
 * What each procedure would do otherwise when the plan changes: both plans are compiled against the same world, which is what the plans
 * themselves say of it (every host there, no risk, one good recovery point), so the answer needs no region and is the same everywhere.
 */

import { type Difference, differences } from '../domain/differences.ts';
import { Refusal } from '../domain/errors.ts';
import type { Host } from '../domain/host.ts';
import { type Plan, type Site, siteOfRole } from '../domain/plan/plan.ts';
import type { Assessment } from '../domain/playbook/assessment.ts';
import { type Playbook, type Step, withoutEstimate } from '../domain/playbook/playbook.ts';
import { type Procedure, procedures, traitsOf } from '../domain/playbook/procedures.ts';
import { compilers } from './index.ts';

export interface StepDifference {
  readonly what: 'added' | 'removed' | 'changed';
  readonly id: string;
  readonly title: string;
  /** Title of its stage; after the change, where it is still there. */
  readonly stage: string;
  /** With `changed`: what of it. */
  readonly differences: readonly Difference[];
}

export interface ProcedureDifference {
  readonly procedure: Procedure;
  readonly from: string;
  readonly to: string;
  readonly steps: readonly StepDifference[];
  /** Stages, gates, point of no return and watch, as titles in order, where they are not the same. */
  readonly order?: { readonly before: readonly string[]; readonly after: readonly string[] };
  /** Why it cannot be compiled before or after the change. */
  readonly refused?: { readonly before?: string; readonly after?: string };
}

export interface PlanDifference {
  /** Objectives, policy and everything else of the plan, by name. */
  readonly plan: readonly Difference[];
  /** Only procedures that differ. */
  readonly procedures: readonly ProcedureDifference[];
}

export function diffPlans(before: Plan, after: Plan): PlanDifference {
  return {
    plan: differences(before, after),
    procedures: procedures.flatMap((procedure) => diffProcedure(procedure, before, after) ?? []),
  };
}

function diffProcedure(procedure: Procedure, before: Plan, after: Plan): ProcedureDifference | undefined {
  const [old, now] = [compiledFrom(before, procedure), compiledFrom(after, procedure)];
  const { from, to } = directionIn(after, procedure);
  if (old.refused !== undefined || now.refused !== undefined) {
    // One that needs a request of its own is refused with both plans.
    if (old.refused !== undefined && now.refused !== undefined) return undefined;
    const refused = { ...(old.refused ? { before: old.refused } : {}), ...(now.refused ? { after: now.refused } : {}) };
    return { procedure, from, to, steps: [], refused };
  }
  const steps = diffSteps(old.playbook, now.playbook);
  const order = { before: titlesOf(old.playbook), after: titlesOf(now.playbook) };
  const moved = JSON.stringify(order.before) !== JSON.stringify(order.after);
  if (steps.length === 0 && !moved) return undefined;
  return { procedure, from, to, steps, ...(moved ? { order } : {}) };
}

type Outcome = { readonly playbook: Playbook; readonly refused?: undefined } | { readonly refused: string };

function compiledFrom(plan: Plan, procedure: Procedure): Outcome {
  const assessment = sampleAssessment(plan, procedure);
  try {
    return { playbook: compilers[procedure]({ plan, procedure, run: 'plan-diff', label: 'manual', assessment }) };
  } catch (error) {
    if (error instanceof Refusal) return { refused: error.message };
    throw error;
  }
}

interface Placed {
  readonly step: Step;
  readonly stage: string;
}

function diffSteps(before: Playbook, after: Playbook): StepDifference[] {
  const [old, now] = [placed(before), placed(after)];
  const changed = [...now].flatMap(([id, { step, stage }]): StepDifference[] => {
    const was = old.get(id);
    if (!was) return [{ what: 'added', id, title: step.title, stage, differences: [] }];
    const found = differences(comparable(was), comparable({ step, stage }));
    return found.length > 0 ? [{ what: 'changed', id, title: step.title, stage, differences: found }] : [];
  });
  const removed = [...old].flatMap(([id, { step, stage }]): StepDifference[] => {
    return now.has(id) ? [] : [{ what: 'removed', id, title: step.title, stage, differences: [] }];
  });
  return [...changed, ...removed];
}

function placed(playbook: Playbook): Map<string, Placed> {
  const found = playbook.items.flatMap((item): Placed[] => {
    if (item.type === 'stage') return item.ranks.flat().map((step) => ({ step, stage: item.title }));
    return item.type === 'watch' ? [{ step: item.step, stage: item.title }] : [];
  });
  return new Map(found.map((each) => [each.step.id, each]));
}

/** Without the estimate, and without what follows from the rest. */
function comparable({ step, stage }: Placed): object {
  const { id: _id, title: _title, ...rest } = withoutEstimate(step);
  return { stage, ...rest };
}

function titlesOf(playbook: Playbook): string[] {
  return playbook.items.map((item) => {
    return item.type === 'watch' ? `${item.title} (${item.for} ms, every ${item.every} ms)` : item.title;
  });
}

function directionIn(plan: Plan, procedure: Procedure): { from: string; to: string } {
  const [first = ''] = Object.keys(plan.sites);
  const primary = siteOfRole(plan, 'primary') ?? first;
  const standby = siteOfRole(plan, 'standby') ?? primary;
  const { moves, atStandby, isolated } = traitsOf(procedure);
  if (isolated && plan.isolation) return { from: plan.isolation.site, to: plan.isolation.site };
  if (moves) return { from: primary, to: standby };
  return atStandby ? { from: standby, to: standby } : { from: primary, to: primary };
}

/** The world as the plan says it is. */
function sampleAssessment(plan: Plan, procedure: Procedure): Assessment {
  const at = '2026-01-02T03:15:00.000Z';
  const sites = directionIn(plan, procedure);
  const real = Object.keys(plan.sites).flatMap((site) => hostsIn(plan, site));
  const own = traitsOf(procedure).isolated ? { hosts: drillHostsIn(plan), production: real } : { hosts: real };
  return {
    service: plan.service,
    procedure,
    ...sites,
    at,
    plan: '0'.repeat(64),
    facts: [],
    risks: [],
    ...own,
    point: {
      id: '20260102_020000',
      takenAt: at,
      site: sites.from,
      role: 'primary',
      label: 'manual',
      bytes: 1,
      storedBytes: 1,
      components: plan.components.map(({ name }) => name),
      sha256: '0'.repeat(64),
      locations: Object.keys(plan.storage),
      torn: 0,
    },
  };
}

function drillHostsIn(plan: Plan): Host[] {
  const { site: name = '', hosts = {} } = plan.isolation ?? {};
  return hostsIn(plan, name, hosts, 'drill-');
}

/** @param mark  tells hosts of a drill from those of its site */
function hostsIn(
  plan: Plan,
  name: string,
  selectors: Site['hosts'] = plan.sites[name]?.hosts ?? {},
  mark = '',
): Host[] {
  const site = plan.sites[name];
  if (!site) return [];
  const { region, ssh } = site;
  return Object.entries(selectors).flatMap(([group, selector]) => {
    const addresses =
      'addresses' in selector
        ? selector.addresses
        : Array.from({ length: selector.count }, (_, index) => `${mark}${group}-${index + 1}.${name}`);
    return addresses.map((address, index): Host => {
      const host = `${mark}${addresses.length > 1 ? `${group}-${index + 1}` : group}`;
      const instance = 'tags' in selector ? { instance: `i-${host}` } : {};
      return { name: host, group, site: name, region, address, ssh, ...instance };
    });
  });
}

/** What a compiler is given and gives: plan and assessment in, playbook out; no clock, no I/O. */
import type { StepPlace } from '../activities/step.ts';
import { refusal } from '../domain/errors.ts';
import type { Host } from '../domain/host.ts';
import type { Component } from '../domain/plan/component.ts';
import type { Plan } from '../domain/plan/plan.ts';
import type { Gate, Playbook, PlaybookItem, Stage, Step, Watch } from '../domain/playbook/playbook.ts';
import { type CompileCall, queueOf } from '../domain/run/protocol.ts';

export interface Situation extends CompileCall {
  readonly plan: Plan;
}

export type Compiler = (situation: Situation) => Playbook;

/** Steps side by side; several arrays are ranks, one after another. Empty ranks vanish, an empty stage too. */
export function stage(title: string, ...ranks: (readonly Step[])[]): Stage[] {
  const filled = ranks.filter((rank) => rank.length > 0).map((rank) => [...rank]);
  return filled.length > 0 ? [{ type: 'stage', title, ranks: filled }] : [];
}

/** A stage that nothing but the next gate or point of no return waits for. */
export function alongside(title: string, ...ranks: (readonly Step[])[]): Stage[] {
  return stage(title, ...ranks).map((each) => ({ ...each, alongside: true }));
}

export function gate(title: string, steps: readonly Step[], outcome: string, risk: string): Gate[] {
  return steps.length > 0 ? [{ type: 'gate', title, steps: steps.map((step) => step.id), outcome, risk }] : [];
}

/** @param lease  location whose lease alone is needed from here on; all that were needed before where absent */
export function pointOfNoReturn(title: string, lease?: string): PlaybookItem[] {
  return [{ type: 'pointOfNoReturn', title, ...(lease ? { lease } : {}) }];
}

export function watch(title: string, settings: Plan['watch'], step: Step): Watch[] {
  return settings.for > 0 ? [{ type: 'watch', title, for: settings.for, every: settings.every, step }] : [];
}

/** @param steady  looks that only read, for after something was put back */
export function playbook(
  situation: Situation,
  point: string | undefined,
  items: readonly PlaybookItem[][],
  steady: readonly Step[] = [],
): Playbook {
  const { assessment } = situation;
  return {
    format: 1,
    run: situation.run,
    service: assessment.service,
    procedure: situation.procedure,
    from: assessment.from,
    to: assessment.to,
    point,
    risks: assessment.risks.map((risk) => risk.id).sort(),
    items: items.flat(),
    ...(steady.length > 0 ? { steady: [...steady] } : {}),
  };
}

/** Where steps run: at the site that acts, else on the fallback queue. A mark tells the same step of two sites apart. */
export function placeAt(plan: Plan, site: string, mark = ''): (id: string, more?: Partial<StepPlace>) => StepPlace {
  const queue = queueOf(siteOf(plan, site).region);
  return (id, more) => ({ id: stepId(`${id} ${mark}`), queue, fallback: plan.queues.fallback, ...more });
}

export function siteOf(plan: Plan, name: string) {
  const site = plan.sites[name];
  if (site) return site;
  throw refusal(
    'SiteUnknown',
    `The plan of ${plan.service} has no site ${name}.`,
    `use one of: ${Object.keys(plan.sites).join(', ')}.`,
  );
}

/** Hosts of a site in the assessment, all or of one group. */
export function hostsOf(situation: Situation, site: string, group?: string): Host[] {
  return situation.assessment.hosts.filter((host) => host.site === site && (!group || host.group === group));
}

/** Every host of a group; a component without a host would silently not be restored. @throws HostMissing */
export function hostsOfGroup(situation: Situation, site: string, group: string, what: string): Host[] {
  const found = hostsOf(situation, site, group);
  if (found.length > 0) return found;
  throw refusal(
    'HostMissing',
    `No host of group ${group}, which ${what} needs, was found in ${site}.`,
    `check the tags of ${site} in the plan, and that EC2 of its region answers.`,
  );
}

export function hostsForComponent(situation: Situation, site: string, component: Component): Host[] {
  return hostsOfGroup(situation, site, component.host, `component ${component.name}`);
}

/** Locations with the site's own first. */
export function locationsFor(plan: Plan, site: string): string[] {
  const nearest = siteOf(plan, site).storage;
  return [nearest, ...Object.keys(plan.storage).filter((name) => name !== nearest)];
}

/** `Restore .env` -> `restore-env` */
export function stepId(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
}

/** Components grouped by rank, lowest first. */
export function byRank<Item extends { readonly rank: number }>(items: readonly Item[]): Item[][] {
  const ranks = [...new Set(items.map((item) => item.rank))].sort((a, b) => a - b);
  return ranks.map((rank) => items.filter((item) => item.rank === rank));
}

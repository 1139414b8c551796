/** Where a restore goes: which hosts it needs, and what each of them is given. */
import { refusal } from '../../domain/errors.ts';
import { type Component, isReplica } from '../../domain/plan/component.ts';
import type { Plan } from '../../domain/plan/plan.ts';
import { rejoins } from '../../domain/playbook/procedures.ts';
import { apartText, needsStop, scopeOf } from '../../domain/points/restore-scope.ts';
import type { AssessCall } from '../../domain/run/protocol.ts';
import { type FoundHost, type SiteHosts, siteOf } from './facts/hosts.ts';

export interface RestoreTarget {
  /** Groups of which a host must be there; undefined: of every group of the site. */
  readonly groups?: readonly string[];
  /** The host that was named, with nothing of the site's own. */
  readonly host?: FoundHost;
  /** Names of all that is restored. */
  readonly names: readonly string[];
  /** What is restored whole and in place, for the room it needs. */
  readonly components: readonly Component[];
  /** What comes back as of another moment than the point's, in words. */
  apart(takenAt: string): string;
  /** The service is stopped meanwhile. */
  readonly stops: boolean;
  /** Onto a host on which the service does not run. */
  readonly elsewhere: boolean;
}

/** @throws HostUnknown, and as `scopeOf` */
export function restoreTarget(call: AssessCall, plan: Plan, to: string, found: SiteHosts | undefined): RestoreTarget {
  const request = call.request?.restore;
  const names = plan.components.map(({ name }) => name);
  if (rejoins(call.procedure)) {
    // A site that lost everything else can have a standby.
    const components = plan.components.filter(isReplica);
    const groups = components.map((component) => component.host);
    return { names, components, groups, apart: () => '', stops: false, elsewhere: false };
  }
  if (!request) return { names, components: plan.components, apart: () => '', stops: true, elsewhere: false };
  const items = scopeOf(plan, request);
  const whole = items.filter(({ paths, tables, into }) => !paths && !tables && !into).map(({ component }) => component);
  const host = request.host ? hostAsked(request.host, plan, to, found) : undefined;
  const elsewhere = host !== undefined && host.group !== plan.control.host;
  const stops = !request.into && !elsewhere && items.some(needsStop);
  const groups = host ? [host.group] : items.map(({ component }) => component.host);
  return {
    names: items.map(({ component }) => component.name),
    components: host ? whole.map((component) => ({ ...component, host: host.group })) : whole,
    apart: (takenAt) => apartText(items, takenAt),
    stops,
    elsewhere,
    groups: request.into || elsewhere ? groups : [...groups, plan.control.host],
    ...(host ? { host } : {}),
  };
}

/** By its name at the site, else by its address: SSH refuses one whose key is not among the site's known hosts. */
function hostAsked(asked: string, plan: Plan, to: string, found: SiteHosts | undefined): FoundHost {
  const there = found?.hosts.find(({ name, address }) => name === asked || address === asked);
  if (there) return there.name === asked ? there : { ...there, name: asked };
  if (/[.:]/.test(asked)) {
    const { region, ssh } = siteOf(plan, to);
    return { name: asked, group: asked, site: to, region, address: asked, ssh, state: 'unknown' };
  }
  const names = found?.hosts.map(({ name }) => name).join(', ');
  throw refusal(
    'HostUnknown',
    `${to} has no host ${asked}.`,
    `one of ${names || Object.keys(siteOf(plan, to).hosts).join(', ')}, or an address whose key is known.`,
  );
}

/** The steps that lead the names of a service to a site: by their records, or by their switch objects. */
import { awaitResolution } from '../../activities/traffic/await-resolution.ts';
import { clearSwitch } from '../../activities/traffic/clear-switch.ts';
import { exchangeRoles } from '../../activities/traffic/exchange-roles.ts';
import type { KeptName } from '../../activities/traffic/keep-name.ts';
import { lowerTtl } from '../../activities/traffic/lower-ttl.ts';
import { pointNameAt } from '../../activities/traffic/point-name-at.ts';
import { putSwitch } from '../../activities/traffic/put-switch.ts';
import { shiftWeights } from '../../activities/traffic/shift-weights.ts';
import { withdrawName } from '../../activities/traffic/withdraw-name.ts';
import { refusal } from '../../domain/errors.ts';
import type { Plan } from '../../domain/plan/plan.ts';
import type { TrafficRecord, TrafficTarget } from '../../domain/plan/traffic.ts';
import type { Step } from '../../domain/playbook/playbook.ts';
import { mustBeThere, switchOf } from '../../domain/traffic/switch.ts';
import { sameName } from '../../domain/traffic/traffic.ts';
import { hostsOf, placeAt, type Situation } from '../compiler.ts';

/** ms after which a name that may stay where it is, is left there: the gate waits for it no longer. */
const patience = 15_000;

export function trafficSteps(situation: Situation, siteName: string) {
  const { plan } = situation;
  const { zone, resolver, records } = plan.traffic;
  const at = placeAt(plan, siteName);
  const serving = hostsOf(situation, siteName, plan.control.host);
  const isPublic = ({ name }: TrafficRecord) => sameName(name, new URL(plan.health.publicUrl).hostname);
  /** Users are led by a switch, so what Route 53 refuses to change holds nobody up. */
  const switched = records.some((record) => record.via === 'switch' && isPublic(record));
  const first = switched ? records.filter(({ via }) => via === 'switch') : records;

  return {
    withdrawNames: (from: string): Step[] => (switched ? [] : withdraw(from)),

    /** Beside the users' own name, which a switch leads: tried for a while, and left as it is where Route 53 refuses. */
    withdrawOthers: (from: string): Step[] => (switched ? withdraw(from) : []).map(triedForAWhile),

    /**
     * What has no `withdrawn` form (a switch, routed records, a plain one without it) is taken from the other site by leading it here,
     * before anything answers. Users write as soon as the service starts. Beside a switch the others are tried for a while, under an id of
     * their own: when users are served they are moved as ever.
     */
    leadAhead: (): Step[] =>
      records
        .filter(({ withdrawn }) => !withdrawn)
        .map((record) => (first.includes(record) ? point(record) : triedForAWhile(point(record, 'lead')))),

    /** The names that users are served by. With a switch, those that it leads. */
    pointNames: (): Step[] => first.map((record) => point(record)),
    awaitNames: (): Step[] => first.map(awaitOne),

    /** Weighted names by their shifts, a rank each: while both sites serve. Those with fewer shifts begin later and end together. */
    shiftWeighted: (): Step[][] => {
      const weighted = records.filter(isWeighted);
      const longest = Math.max(0, ...weighted.map((record) => record.weighted.shifts.length));
      return Array.from({ length: longest }, (_, index) =>
        weighted.flatMap((record) => shiftAt(record, index - (longest - record.weighted.shifts.length))),
      );
    },
    awaitWeighted: (): Step[] => records.filter(isWeighted).map(awaitOne),

    /** Ahead of a planned move, while `from` still answers. An alias has no time of its own. */
    lowerTtls: (from: string): Step[] =>
      records.flatMap(({ name, type, sites, lowered, wait, weighted, failover, via }) => {
        const target = sites[from];
        if (!lowered || weighted || failover || via === 'switch' || !target || 'alias' in target) return [];
        return [lowerTtl.step({ zone, name, type, ttl: lowered, wait }, at(`lower-${name}`))];
      }),

    /** Names beside them that Route 53 must move; they come when users are served. */
    pointOthers: (): Step[] => others().map((record) => point(record)),
    awaitOthers: (): Step[] => others().map(awaitOne),
  };

  function others(): TrafficRecord[] {
    return records.filter((record) => !first.includes(record));
  }

  function withdraw(from: string): Step[] {
    return records.flatMap(({ name, type, withdrawn }) =>
      withdrawn ? [withdrawName.step({ zone, name, type, target: withdrawn, site: from }, at(`withdraw-${name}`))] : [],
    );
  }

  function point(record: TrafficRecord, verb = 'point'): Step {
    const { name, type } = record;
    const target = targetOf(record);
    // The other site is lost or stopped: a share of the users left there would be served by nobody.
    if (isWeighted(record)) return shift(record, 100, `${verb}-${name}`);
    if (record.failover) {
      const { identifiers } = record.failover;
      const input = { zone, name, type, site: siteName, identifiers, targets: record.sites };
      return exchangeRoles.step(input, at(`${verb}-${name}`));
    }
    if (record.via === 'record') {
      return pointNameAt.step({ zone, name, type, target, site: siteName }, at(`${verb}-${name}`));
    }
    const object = switchOf(plan, record);
    const move = mustBeThere(object, siteName) ? putSwitch : clearSwitch;
    return move.step({ name, site: siteName, object }, at(`switch-${name}`));
  }

  function shiftAt(record: WeightedRecord, index: number): Step[] {
    const percent = record.weighted.shifts[index];
    if (percent === undefined) return [];
    const id = (share: number) => (share === 100 ? `point-${record.name}` : `shift-${record.name}-${share}`);
    const [one = 100] = record.weighted.shifts;
    const needs = index > 0 ? [at(id(one)).id] : [];
    return [shift(record, percent, id(percent), { needs, held: true })];
  }

  function shift(
    { name, type, sites, weighted }: WeightedRecord,
    percent: number,
    id: string,
    { needs = [], held = false }: { needs?: string[]; held?: boolean } = {},
  ): Step {
    const { identifiers, hold } = weighted;
    const { expect, interval, timeout } = plan.health;
    const urls = serving.map(({ address }) => plan.health.url.replaceAll('{host}', address));
    const gate = held ? { urls, expect, interval, timeout, hold } : {};
    const input = { zone, name, type, site: siteName, percent, identifiers, targets: sites, ...gate };
    return shiftWeights.step(input, at(id, { needs, limits: { startToClose: 300_000 + hold } }));
  }

  function awaitOne(record: TrafficRecord): Step {
    const { name, wait } = record;
    const [kept] = keptNames({ ...plan, traffic: { ...plan.traffic, records: [record] } }, siteName);
    return awaitResolution.step({ name, target: targetOf(record), resolver, wait, kept }, at(`await-${name}`));
  }

  function targetOf(record: TrafficRecord): TrafficTarget {
    const target = record.sites[siteName];
    if (target) return target;
    throw refusal(
      'TrafficTargetMissing',
      `The record ${record.name} of the plan has no target for ${siteName}.`,
      `add traffic.records[].sites.${siteName} to the plan.`,
    );
  }
}

/** What Route 53 refuses meanwhile is left as it is, and holds nobody up. */
function triedForAWhile(step: Step): Step {
  return { ...step, required: false, limits: { ...step.limits, startToClose: patience, budget: patience } };
}

type WeightedRecord = TrafficRecord & { weighted: NonNullable<TrafficRecord['weighted']> };

function isWeighted(record: TrafficRecord): record is WeightedRecord {
  return record.weighted !== undefined;
}

/** Where the names were led, for those who watch that they stay. */
export function keptNames(plan: Plan, site: string): KeptName[] {
  const { zone, resolver } = plan.traffic;
  return plan.traffic.records.flatMap((record): KeptName[] => {
    const { name, type, sites } = record;
    const target = sites[site];
    if (!target || record.weighted || record.failover) return [];
    const object = record.via === 'switch' ? switchOf(plan, record) : undefined;
    return [{ zone, name, type, site, target, resolver, ...(object ? { object } : {}) }];
  });
}

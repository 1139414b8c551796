/** The steps that lead the names of a service to a site: by their records, or by their switch objects. */
import { awaitResolution } from '../activities/traffic/await-resolution.ts';
import { clearSwitch } from '../activities/traffic/clear-switch.ts';
import { pointNameAt } from '../activities/traffic/point-name-at.ts';
import { putSwitch } from '../activities/traffic/put-switch.ts';
import { withdrawName } from '../activities/traffic/withdraw-name.ts';
import { refusal } from '../domain/errors.ts';
import type { TrafficRecord, TrafficTarget } from '../domain/plan-traffic.ts';
import type { Step } from '../domain/playbook.ts';
import { mustBeThere, switchOf } from '../domain/switch.ts';
import { sameName } from '../domain/traffic.ts';
import { placeAt, type Situation } from './compiler.ts';

/** ms after which a name that may stay where it is, is left there: the gate waits for it no longer. */
const patience = 15_000;

export function trafficSteps({ plan }: Situation, siteName: string) {
  const { zone, resolver, records } = plan.traffic;
  const at = placeAt(plan, siteName);
  const isPublic = ({ name }: TrafficRecord) => sameName(name, new URL(plan.health.publicUrl).hostname);
  /** Users are led by a switch, so what Route 53 refuses to change holds nobody up. */
  const switched = records.some((record) => record.via === 'switch' && isPublic(record));
  const first = switched ? records.filter(({ via }) => via === 'switch') : records;

  return {
    withdrawNames: (from: string): Step[] => (switched ? [] : withdraw(from)),

    /** Beside the users' own name, which a switch leads: tried for a while, and left as it is where Route 53 refuses. */
    withdrawOthers: (from: string): Step[] =>
      (switched ? withdraw(from) : []).map((step) => ({
        ...step,
        required: false,
        limits: { ...step.limits, startToClose: patience, budget: patience },
      })),

    /** The names that users are served by. With a switch, those that it leads. */
    pointNames: (): Step[] => first.map(point),
    awaitNames: (): Step[] => first.map(awaitOne),

    /** Names beside them that Route 53 must move; they come when users are served. */
    pointOthers: (): Step[] => others().map(point),
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

  function point(record: TrafficRecord): Step {
    const { name, type } = record;
    const target = targetOf(record);
    if (record.via === 'record') {
      return pointNameAt.step({ zone, name, type, target, site: siteName }, at(`point-${name}`));
    }
    const object = switchOf(plan, record);
    const move = mustBeThere(object, siteName) ? putSwitch : clearSwitch;
    return move.step({ name, site: siteName, object }, at(`switch-${name}`));
  }

  function awaitOne(record: TrafficRecord): Step {
    const { name, wait } = record;
    return awaitResolution.step({ name, target: targetOf(record), resolver, wait }, at(`await-${name}`));
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

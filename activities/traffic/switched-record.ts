/** A record of the plan that a switch leads, as those who look at it need it; and where its name answers now. */
import type { Plan } from '../../domain/plan/plan.ts';
import type { TrafficRecord, TrafficTarget } from '../../domain/plan/traffic.ts';
import { switchOf, watchingCheck } from '../../domain/traffic/switch.ts';
import { requestText } from '../health/request.ts';
import type { SwitchedRecord } from './failover-records.ts';
import { addressesOf, makeResolver } from './resolver.ts';

/** @throws SwitchNotPossible */
export function switchedRecord(plan: Plan, record: TrafficRecord): SwitchedRecord {
  const object = switchOf(plan, record);
  const check = watchingCheck(object, record.switch);
  return { zone: plan.traffic.zone, name: record.name, type: record.type, object, check, targets: record.sites };
}

/** The site whose addresses a name answers with; undefined when they are nobody's. */
export async function siteAnswering(
  record: TrafficRecord,
  server: string | undefined,
): Promise<{ site?: string; addresses: string[] }> {
  const resolver = makeResolver(server);
  const addressesAt = async (target: TrafficTarget) =>
    'alias' in target ? await addressesOf(resolver, target.alias.name) : target.addresses;
  const [addresses, ...sites] = await Promise.all([
    addressesOf(resolver, record.name),
    ...Object.entries(record.sites).map(async ([site, target]) => ({ site, at: await addressesAt(target) })),
  ]);
  const found = sites.find(({ at }) => addresses.length > 0 && addresses.every((each) => at.includes(each)));
  return { site: found?.site, addresses };
}

/** Whether health checks find the object: the status without credentials. */
export async function seenObject(url: string, timeout: number, signal?: AbortSignal): Promise<boolean> {
  const { status } = await requestText(url, { timeout, signal });
  return status >= 200 && status <= 399;
}

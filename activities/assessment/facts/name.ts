/** Where a name of the service points now, as Route 53 has it. */
import type { TrafficRecord } from '../../../domain/plan/traffic.ts';
import { describeRecord, leadsTo, type RecordSet } from '../../../domain/traffic/traffic.ts';
import { primaryNow } from '../../traffic/exchange-roles.ts';
import { readRecord } from '../../traffic/record-sets.ts';
import { routedRecord } from '../../traffic/routed-sets.ts';
import { siteAnswering } from '../../traffic/switched-record.ts';
import { describeShares, readShares } from '../../traffic/weights.ts';
import { limitsOf, type NameDeps } from '../deps.ts';
import { type Finding, findOut } from '../finding.ts';
import { type NameNow, switchedNameNow } from './switched-name.ts';

export async function nameNow(record: TrafficRecord, deps: NameDeps): Promise<Finding<NameNow>> {
  if (record.via === 'switch') return await switchedNameNow(record, deps);
  const { weighted, failover } = record;
  const { zone } = deps.plan.traffic;
  const about = {
    id: `name-${record.name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}`,
    title: `Where ${record.name} points`,
    source: `Route 53 ListResourceRecordSets ${zone}`,
    ...limitsOf(deps),
  };
  return await findOut(about, async (signal) => {
    const client = await deps.route53();
    if (weighted) {
      const shares = await readShares(client, routedRecord(zone, record, weighted), { signal });
      // Not rounded: the smallest share is users.
      const site = Object.keys(shares).find((each) => shares[each] === 100);
      const several = Object.values(shares).filter((share) => share > 0).length > 1;
      const evidence = { site, ...(several ? { shared: true as const } : {}) };
      return { value: describeShares(shares), state: site ? 'good' : 'warning', evidence };
    }
    if (failover) {
      const primary = await primaryNow(client, routedRecord(zone, record, failover), { signal });
      // Health checks may lead users to the other one.
      const { site } = await siteAnswering(record, deps.plan.traffic.resolver);
      const state = site === primary ? 'good' : 'warning';
      return { value: `PRIMARY is ${primary}; ${site ?? 'no site of the plan'} answers`, state, evidence: { site } };
    }
    const now = await readRecord(client, { zone, name: record.name, type: record.type }, { signal, limit: deps.limit });
    const { label, state, site } = placeOf(record, now);
    return { value: `${describeRecord(now)} (${label})`, state, evidence: { site } };
  });
}

function placeOf(record: TrafficRecord, now: RecordSet | undefined) {
  const site = Object.entries(record.sites).find(([, target]) => leadsTo(now, target))?.[0];
  if (site) return { label: site, state: 'good', site } as const;
  if (record.withdrawn && leadsTo(now, record.withdrawn)) return { label: 'withdrawn', state: 'warning' } as const;
  return { label: now ? 'no target of the plan' : 'no such record', state: 'warning' } as const;
}

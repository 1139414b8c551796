/** Where a name of the service points now, as Route 53 has it. */
import type { TrafficRecord } from '../../../domain/plan-traffic.ts';
import { describeRecord, leadsTo, type RecordSet } from '../../../domain/traffic.ts';
import { readRecord } from '../../traffic/record-sets.ts';
import { describeShares, readShares, weightedRecord } from '../../traffic/weights.ts';
import { limitsOf, type NameDeps } from '../deps.ts';
import { type Finding, findOut } from '../finding.ts';
import { type NameNow, switchedNameNow } from './switched-name.ts';

export async function nameNow(record: TrafficRecord, deps: NameDeps): Promise<Finding<NameNow>> {
  if (record.via === 'switch') return await switchedNameNow(record, deps);
  const { weighted } = record;
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
      const shares = await readShares(client, weightedRecord(zone, record, weighted), { signal });
      const site = Object.keys(shares).find((each) => Math.round(shares[each] ?? 0) === 100);
      return { value: describeShares(shares), state: site ? 'good' : 'warning', evidence: { site } };
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

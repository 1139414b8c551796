/** Where a name with a switch leads now, and whether its object would move it. Users' answers count, not what Route 53's API says. */
import type { TrafficRecord } from '../../../domain/plan/traffic.ts';
import { siteWhile } from '../../../domain/traffic/switch.ts';
import { switchProblems } from '../../traffic/failover-records.ts';
import { seenObject, siteAnswering, switchedRecord } from '../../traffic/switched-record.ts';
import { withLimit } from '../../waiting.ts';
import { limitsOf, type NameDeps } from '../deps.ts';
import { type Finding, findOut } from '../finding.ts';

export interface NameNow {
  readonly site?: string;
  /** Several sites have a share of its users. */
  readonly shared?: true;
  /** What keeps its switch from moving it; absent where that is not known. */
  readonly unready?: readonly string[];
}

export async function switchedNameNow(record: TrafficRecord, deps: NameDeps): Promise<Finding<NameNow>> {
  const limits = limitsOf(deps);
  const about = {
    id: `name-${record.name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}`,
    title: `Where ${record.name} leads`,
    source: `DNS ${deps.plan.traffic.resolver ?? 'of this machine'}, Route 53 ${deps.plan.traffic.zone}`,
    ...limits,
  };
  return await findOut<NameNow>(about, async (signal) => {
    const switched = switchedRecord(deps.plan, record);
    // Inside the fact's own limit: an API that hangs must not take away what DNS says.
    const short = Math.max(250, limits.limit - 500);
    const soon = <Value>(work: (signal: AbortSignal) => Promise<Value>) =>
      withLimit(short, signal, work).catch(() => undefined);
    const [answer, unready, there] = await Promise.all([
      soon(() => siteAnswering(record, deps.plan.traffic.resolver)),
      soon(async (until) => switchProblems(await deps.route53(), switched, { signal: until, limit: short })),
      soon((until) => seenObject(switched.object.url, short, until)),
    ]);
    const site = answer?.site;
    const position = there === undefined ? undefined : siteWhile(switched.object, there);
    const words = [
      site ?? (answer ? `no site of the plan (${answer.addresses.join(', ') || 'no address'})` : 'DNS does not answer'),
      position === undefined ? 'the switch cannot be read' : `the switch says ${position}`,
      unready === undefined ? 'Route 53 was not asked in time' : (unready[0] ?? 'it is set up'),
    ];
    const good = site !== undefined && site === position && (unready ?? []).length === 0;
    return { value: words.join('; '), state: good ? 'good' : 'warning', evidence: { site, unready } };
  });
}

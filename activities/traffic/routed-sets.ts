/** Routed record sets of a name, weighted or failover, one a site, as the plan names them. */
import type { ResourceRecordSet, Route53Client } from '@aws-sdk/client-route-53';
import { refusal } from '../../domain/errors.ts';
import type { TrafficRecord } from '../../domain/plan/traffic.ts';
import { describeRecord, describeTarget, leadsTo, type Target } from '../../domain/traffic/traffic.ts';
import type { StepContext } from '../context.ts';
import { factsOf, type RecordName, readSets } from './record-sets.ts';

export interface Routed extends RecordName {
  /** Site to the set identifier of its record. */
  readonly identifiers: Readonly<Record<string, string>>;
  /** Site to where its record must lead; nothing is moved to an address that the plan does not know. */
  readonly targets: Readonly<Record<string, Target>>;
}

export function routedRecord(
  zone: string,
  { name, type, sites }: TrafficRecord,
  { identifiers }: Pick<Routed, 'identifiers'>,
): Routed {
  return { zone, name, type, identifiers, targets: sites };
}

/**
 * Site to its set.
 *
 * @param kind  `weighted` or `failover`, for people; `is` tells whether a set is that
 * @throws RecordNotAsPlanned where there are others, some are missing, or one leads elsewhere
 */
export async function routedSets(
  client: Route53Client,
  at: Routed,
  is: (set: ResourceRecordSet) => boolean,
  kind: string,
  context: Pick<StepContext, 'signal'>,
): Promise<Record<string, ResourceRecordSet>> {
  const sets = await readSets(client, at, { signal: context.signal });
  const wanted = Object.entries(at.identifiers);
  const found = wanted.map(([site, id]) => [site, sets.find(({ SetIdentifier }) => SetIdentifier === id)] as const);
  const wrong = [
    ...found.flatMap(([site, set]) => (set && is(set) ? [] : [`no ${kind} set ${at.identifiers[site]}`])),
    ...sets
      .filter(({ SetIdentifier = '' }) => !wanted.some(([, id]) => id === SetIdentifier))
      .map(({ SetIdentifier }) => `a set ${SetIdentifier ?? 'without identifier'} that the plan does not name`),
    ...found.flatMap(([site, set]) => {
      const target = at.targets[site];
      if (!set || !target || leadsTo(factsOf(set), target)) return [];
      return [`${at.identifiers[site]} leads to ${describeRecord(factsOf(set))}, not to ${describeTarget(target)}`];
    }),
  ];
  if (wrong.length === 0) return Object.fromEntries(found) as Record<string, ResourceRecordSet>;
  throw refusal(
    'RecordNotAsPlanned',
    `${at.name} in zone ${at.zone} is not as the plan has it: ${wrong.join('; ')}.`,
    `correct traffic.records[] in the plan, or the record sets: one ${kind} set for each site.`,
  );
}

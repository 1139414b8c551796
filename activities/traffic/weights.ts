/** Weighted record sets of a name, one a site: reading their shares and changing them together. */
import type { ResourceRecordSet, Route53Client } from '@aws-sdk/client-route-53';
import { refusal } from '../../domain/errors.ts';
import type { TrafficRecord } from '../../domain/plan-traffic.ts';
import { describeRecord, describeTarget, leadsTo, type Target } from '../../domain/traffic.ts';
import type { StepContext } from '../context.ts';
import { awaitChange, changeSets, factsOf, type RecordName, readSets } from './record-sets.ts';

/** Site to share, per cent; together 100 where any traffic flows. */
export type Shares = Readonly<Record<string, number>>;

export interface Weighted extends RecordName {
  /** Site to the set identifier of its record. */
  readonly identifiers: Readonly<Record<string, string>>;
  /** Site to where its record must lead; nothing is shifted to an address that the plan does not know. */
  readonly targets: Readonly<Record<string, Target>>;
}

export function weightedRecord(
  zone: string,
  { name, type, sites }: TrafficRecord,
  { identifiers }: NonNullable<TrafficRecord['weighted']>,
): Weighted {
  return { zone, name, type, identifiers, targets: sites };
}

/** @throws RecordNotWeighted where the sets are not one weighted set for each site, as the plan says */
export async function readShares(
  client: Route53Client,
  at: Weighted,
  context: Pick<StepContext, 'signal'>,
): Promise<Shares> {
  const sets = await weightedSets(client, at, context);
  const weights = Object.entries(sets).map(([site, { Weight = 0 }]) => [site, Weight] as const);
  const total = weights.reduce((sum, [, weight]) => sum + weight, 0);
  return Object.fromEntries(weights.map(([site, weight]) => [site, total === 0 ? 0 : (100 * weight) / total]));
}

/** All sets in one change, so that no share is ever lost between two. */
export async function setShares(
  client: Route53Client,
  at: Weighted,
  shares: Shares,
  within: number,
  context: StepContext,
): Promise<void> {
  const sets = await weightedSets(client, at, context);
  const changes = Object.entries(sets).map(([site, set]) => ({
    Action: 'UPSERT' as const,
    ResourceRecordSet: { ...set, Weight: Math.round(shares[site] ?? 0) },
  }));
  await awaitChange(client, await changeSets(client, at, changes, context), within, context);
}

/** To `site` so much, the rest to the others in the proportions that they had. */
export function shiftedTo(site: string, percent: number, now: Shares): Shares {
  const others = Object.keys(now).filter((each) => each !== site);
  const had = others.reduce((sum, each) => sum + (now[each] ?? 0), 0);
  const rest = 100 - percent;
  const share = (each: string) => (had === 0 ? rest / others.length : (rest * (now[each] ?? 0)) / had);
  return { ...Object.fromEntries(others.map((each) => [each, share(each)])), [site]: percent };
}

export function describeShares(shares: Shares): string {
  return Object.entries(shares)
    .map(([site, share]) => `${site} ${Math.round(share)} %`)
    .join(', ');
}

async function weightedSets(
  client: Route53Client,
  at: Weighted,
  context: Pick<StepContext, 'signal'>,
): Promise<Record<string, ResourceRecordSet>> {
  const sets = await readSets(client, at, { signal: context.signal });
  const wanted = Object.entries(at.identifiers);
  const found = wanted.map(([site, id]) => [site, sets.find(({ SetIdentifier }) => SetIdentifier === id)] as const);
  const wrong = [
    ...found.flatMap(([site, set]) => (set?.Weight === undefined ? [`no weighted set ${at.identifiers[site]}`] : [])),
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
    'RecordNotWeighted',
    `${at.name} in zone ${at.zone} is not as the plan has it: ${wrong.join('; ')}.`,
    'correct traffic.records[].weighted in the plan, or the record sets: one weighted set for each site.',
  );
}

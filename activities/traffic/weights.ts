/** Weighted record sets of a name, one a site: reading their shares and changing them together. */
import type { ResourceRecordSet, Route53Client } from '@aws-sdk/client-route-53';
import type { StepContext } from '../context.ts';
import { awaitChange, changeSets } from './record-sets.ts';
import { type Routed, routedSets } from './routed-sets.ts';

/** Site to share, per cent; together 100 where any traffic flows. */
export type Shares = Readonly<Record<string, number>>;

/** @throws RecordNotAsPlanned where the sets are not one weighted set for each site, as the plan says */
export async function readShares(
  client: Route53Client,
  at: Routed,
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
  at: Routed,
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
    .map(([site, share]) => `${site} ${perCent(share)} %`)
    .join(', ');
}

/** Whole, but never so that all or nothing is said of what is not. */
function perCent(share: number): string {
  const whole = Math.round(share);
  return (whole === 0 || whole === 100) && whole !== share ? share.toFixed(1) : `${whole}`;
}

async function weightedSets(
  client: Route53Client,
  at: Routed,
  context: Pick<StepContext, 'signal'>,
): Promise<Record<string, ResourceRecordSet>> {
  return await routedSets(client, at, ({ Weight }) => Weight !== undefined, 'weighted', context);
}

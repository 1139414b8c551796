/** Who holds the lease of a service at the locations beside its sites: for what must stand aside, and for people. */

import type { Plan } from '../../domain/plan/plan.ts';
import type { Lease } from '../../domain/run/lease.ts';
import type { ObjectStore } from '../storage/store.ts';
import { withLimit } from '../waiting.ts';
import { leaseInForce } from './take.ts';

export interface LeaseAt {
  readonly location: string;
  readonly lease?: Lease;
  /** Why it could not be read. */
  readonly unreachable?: string;
  /** It was read, and is no lease. */
  readonly nonsense?: true;
}

/** ms for one location. */
const limit = 4_000;

/** Locations beside a site, each once: only there is a lease ever taken. */
export function leaseLocations(plan: Pick<Plan, 'sites'>): string[] {
  return [...new Set(Object.values(plan.sites).map(({ storage }) => storage))].sort();
}

/** Leases in force. Never rejects: a location that does not answer says why. */
export async function leasesInForce(
  plan: Pick<Plan, 'sites' | 'service'>,
  store: (location: string) => Promise<ObjectStore>,
  signal?: AbortSignal,
): Promise<LeaseAt[]> {
  return await Promise.all(
    leaseLocations(plan).map(async (location): Promise<LeaseAt> => {
      try {
        const lease = await withLimit(limit, signal, async () => leaseInForce(await store(location), plan.service));
        return lease ? { location, lease } : { location };
      } catch (error) {
        const nonsense = (error as { type?: string }).type === 'LeaseUnreadable' ? { nonsense: true as const } : {};
        return { location, unreachable: error instanceof Error ? error.message : String(error), ...nonsense };
      }
    }),
  );
}

/** Each holder once, though it holds several. */
export function holdersIn(seen: readonly LeaseAt[]): Lease[] {
  return [...new Map(seen.flatMap(({ lease }) => (lease ? [[lease.run, lease] as const] : []))).values()];
}

/** Holders that Temporal does not know of, such as the break-glass script, in words. */
export async function otherHolders(
  plan: Pick<Plan, 'sites' | 'service'>,
  own: string,
  known: readonly string[],
  store: (location: string) => Promise<ObjectStore>,
): Promise<string[]> {
  return holdersIn(await leasesInForce(plan, store))
    .filter(({ run }) => run !== own && !known.some((each) => each.includes(run)))
    .map(({ procedure, run }) => `${procedure} ${run}`);
}

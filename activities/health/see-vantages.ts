/** Asks every observer of a service what it sees and saw, side by side, each within its own limit. */
import { detectedAfter, type Vantage, type VantageSight } from '../../domain/observers/vantages.ts';
import { lostWrites, observedOutages, observerState } from './observer.ts';

export interface SeeOptions {
  /** `health.publicUrl`: an observer of anything else has no say. */
  readonly publicUrl: string;
  /** Outages that were not over before, and writes since, ISO. */
  readonly from: string;
  /** False: nobody asks the service for the writes. Default true. */
  readonly count?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** ms for an answer; and for one that asks the service for every write. */
const patience = 4_000;
const countPatience = 20_000;

/** Never rejects: an observer that cannot be asked is blind. */
export async function seeVantages(vantages: readonly Vantage[], options: SeeOptions): Promise<VantageSight[]> {
  return await Promise.all(
    vantages.map(async (vantage) => {
      try {
        return await seenFrom(vantage, options);
      } catch (error) {
        return blind(vantage, error instanceof Error ? error.message : String(error));
      }
    }),
  );
}

async function seenFrom(
  vantage: Vantage,
  { publicUrl, from, count = true, signal }: SeeOptions,
): Promise<VantageSight> {
  const ask = { url: vantage.url, timeout: patience, ...(signal ? { signal } : {}) };
  const [state, { outages, unobserved, from: remembers }] = await Promise.all([
    observerState(ask),
    observedOutages(ask, from),
  ]);
  if (new URL(state.url).href !== new URL(publicUrl).href)
    return blind(vantage, `it watches ${state.url}, not ${publicUrl}`);
  const canary = count && state.acknowledged > 0 ? await counted({ ...ask, timeout: countPatience }, from) : undefined;
  return {
    ...vantage,
    state: state.state === 'unknown' ? 'blind' : state.state === 'ok' ? 'up' : 'down',
    since: state.since,
    why: state.state === 'unknown' ? 'it has not looked lately' : state.why,
    address: state.address,
    outages: outages.map((outage) => ({ ...outage, detectedAfter: detectedAfter(outage) })),
    unobserved,
    ...(remembers ? { remembers } : {}),
    ...(canary ? { canary } : {}),
  };
}

/** While the service is down nobody can ask it for the writes. */
async function counted(ask: Parameters<typeof lostWrites>[0], from: string): Promise<VantageSight['canary']> {
  const found = await lostWrites(ask, { from, to: new Date().toISOString() });
  if (!found) return { acknowledged: 0, why: 'the service did not say which writes it has' };
  return { acknowledged: found.acknowledged, lost: found.lost };
}

function blind(vantage: Vantage, why: string): VantageSight {
  return { ...vantage, state: 'blind', why, outages: [], unobserved: [] };
}

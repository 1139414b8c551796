/** Asks every observer that may declare, side by side, each within its own limit. */
import { judgeSightings, type Sighting, unbrokenOutage, type Verdict } from '../../domain/observers/declaring.ts';
import type { DeclareRule } from '../../domain/plan/declare.ts';
import type { Plan } from '../../domain/plan/plan.ts';
import { observedOutages, observerState } from '../health/observer.ts';

/** ms that one observer has. */
const patience = 4_000;

/** Never rejects: an observer that cannot be asked is blind. */
export async function askObservers(
  { observers }: DeclareRule,
  { publicUrl }: Plan['health'],
  signal?: AbortSignal,
): Promise<Sighting[]> {
  return await Promise.all(
    observers.map(async (observer) => {
      try {
        return { observer, ...(await seenBy(observer, publicUrl, signal)) };
      } catch (error) {
        return { observer, state: 'blind' as const, why: error instanceof Error ? error.message : String(error) };
      }
    }),
  );
}

export async function judgeNow(rule: DeclareRule, health: Plan['health'], signal?: AbortSignal): Promise<Verdict> {
  return judgeSightings(await askObservers(rule, health, signal), rule);
}

type Seen = Sighting extends infer Each ? (Each extends Sighting ? Omit<Each, 'observer'> : never) : never;

async function seenBy(url: string, publicUrl: string, signal?: AbortSignal): Promise<Seen> {
  const ask = { url, timeout: patience, signal };
  const state = await observerState(ask);
  if (new URL(state.url).href !== new URL(publicUrl).href)
    return { state: 'blind', why: `it watches ${state.url}, not ${publicUrl}` };
  if (state.state === 'unknown') return { state: 'blind', why: 'it has not looked lately' };
  if (state.state === 'ok') return { state: 'well' };
  const outage = unbrokenOutage(await observedOutages(ask, state.since));
  return outage ? { state: 'down', ...outage } : { state: 'blind', why: 'it knows of no outage that lasts' };
}

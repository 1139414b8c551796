/** What several observers say of one service, and whether they agree. Pure. */

import type { Plan } from '../plan/plan.ts';
import type { Outage, Window } from './observer.ts';

export interface Vantage {
  readonly name: string;
  /** Base URL of its API. */
  readonly url: string;
}

/** What one of them says; `blind`: it does not answer, does not look, or watches something else, and has no vote. */
export type VantageSight = Vantage & {
  /** When the present state began, ISO. */
  readonly since?: string;
  readonly why?: string;
  /** The address that answered last. */
  readonly address?: string;
  /** Within the time that was asked for, oldest first. */
  readonly outages: readonly (Outage & { readonly detectedAfter?: number })[];
  readonly unobserved: readonly Window[];
  /** Before this it knows nothing, ISO; absent where it knows nothing at all, or is of an older build. */
  readonly remembers?: string;
  /** Canary writes of that time; without `lost` nobody could count them, and `why` says it. */
  readonly canary?: { readonly acknowledged: number; readonly lost?: number; readonly why?: string };
} & { readonly state: 'up' | 'down' | 'blind' };

export type Agreement = 'up' | 'down' | 'disagree' | 'unknown';

/** All observers that the plan names anywhere, each once. */
export function vantagesOf({
  observers = [],
  observer,
  declare,
}: Pick<Plan, 'observers' | 'observer' | 'declare'>): Vantage[] {
  const found = new Map<string, Vantage>();
  const unnamed = [...(observer ? [observer.url] : []), ...(declare?.observers ?? [])];
  for (const { name, url } of [...observers, ...unnamed.map((url) => ({ name: new URL(url).host, url }))]) {
    const { host } = new URL(url);
    if (!found.has(host)) found.set(host, { name, url });
  }
  return [...found.values()];
}

/** `unknown` where none of them sees anything. */
export function agreementOf(sights: readonly Pick<VantageSight, 'state'>[]): Agreement {
  const votes = new Set(sights.map(({ state }) => state).filter((state) => state !== 'blind'));
  if (votes.size > 1) return 'disagree';
  return votes.has('up') ? 'up' : votes.has('down') ? 'down' : 'unknown';
}

/** ms between the last good answer and the first request that failed: so long the loss may have stood before it was seen. */
export function detectedAfter({ since, lastGood }: Pick<Outage, 'since' | 'lastGood'>): number | undefined {
  return lastGood === undefined ? undefined : Math.max(0, Date.parse(since) - Date.parse(lastGood));
}

/** ms of the windows that lie in [from, to]; what lasts goes on to `to`. They do not overlap. */
export function msWithin(
  windows: readonly { readonly since: string; readonly until?: string | undefined }[],
  { from, to }: { readonly from: number; readonly to: number },
): number {
  return windows.reduce((sum, { since, until }) => {
    const end = Math.min(until === undefined ? to : Date.parse(until), to);
    return sum + Math.max(0, end - Math.max(Date.parse(since), from));
  }, 0);
}

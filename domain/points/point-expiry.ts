/** Whether a point that was seen would stay or go if retention ran now, and why. Pure. */
import type { Retention } from '../plan/retention.ts';
import { retainableOf } from '../retention/marks.ts';
import { decideRetention } from '../retention/retention.ts';
import type { SeenPoint } from './point-state.ts';

export interface Expiry {
  /** At one location at least. */
  readonly stays: boolean;
  /** Location to what the rules say of the copy there. Locks of the store are not asked. */
  readonly at: Readonly<Record<string, { readonly stays: boolean; readonly why: readonly string[] }>>;
}

/** By id. The newest points are enough: what is older takes nothing from them. Empty for a plan without retention. */
export function expiriesOf(
  points: readonly SeenPoint[],
  retention: Retention | undefined,
  { copies, now }: { readonly copies: number; readonly now: string },
): Map<string, Expiry> {
  if (!retention) return new Map();
  const retainable = points.map(({ kind = 'full', components, locations, marks = [], ...point }) => {
    const manifest = { ...point, kind, components: components.map((component) => ({ component })) };
    return retainableOf({ manifest, sha256: point.sha256, locations }, marks, { copies });
  });
  const expiries = new Map<string, Expiry>();
  for (const { point, location, keep, why } of decideRetention(retainable, retention, { now })) {
    const { stays = false, at = {} } = expiries.get(point) ?? {};
    expiries.set(point, { stays: stays || keep, at: { ...at, [location]: { stays: keep, why } } });
  }
  return expiries;
}

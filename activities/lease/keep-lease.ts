/** Activity `keepLease`: renews what a run holds while it goes on, and gives it back at its end. */
import type { LeaseCall } from '../../domain/run/protocol.ts';
import { loadPlan } from '../plans/load-plan.ts';
import type { Dependencies } from '../runtime/dependencies.ts';
import { resolveSecret } from '../secrets/resolve.ts';
import { openStore } from '../storage/open-store.ts';
import { withLimit } from '../waiting.ts';
import { releaseLease, renewLease } from './take.ts';

/** ms for one location. */
const limit = 10_000;

/** @throws LeaseLost, or whatever a needed location throws; the others are left where they do not answer */
export async function keepLease(call: LeaseCall, deps: Pick<Dependencies, 'plans'>): Promise<void> {
  const { folder, overlays } = deps.plans;
  const { plan } = await loadPlan(folder, call.service, { overlays: [...overlays] });
  await Promise.all(
    call.leases.map(async ({ location, generation, needed }) => {
      const { service, run, term, settled } = call;
      try {
        await withLimit(limit, undefined, async () => {
          const store = await openStore(plan, location, (ref) => resolveSecret(ref, folder));
          if (call.what === 'release') await releaseLease(store, { service, run, generation });
          else await renewLease(store, { service, run, generation, term, settled });
        });
      } catch (error) {
        if (needed || (error as { type?: string }).type === 'LeaseLost') throw error;
      }
    }),
  );
}

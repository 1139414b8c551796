/** Activities that a drill asks while it runs: whether a recovery goes first, and how a drill has ended. They change nothing. */
import { WorkflowNotFoundError } from '@temporalio/client';
import { describeHolder } from '../../domain/lease.ts';
import { workflowIdOf } from '../../domain/procedures.ts';
import type { DrillEnd } from '../../domain/protocol.ts';
import { leaseLocations } from '../lease/holders.ts';
import { readLease } from '../lease/lease-object.ts';
import { loadPlan } from '../plans/load-plan.ts';
import type { Dependencies } from '../runtime/dependencies.ts';
import { holderOf } from '../schedules/holder-of.ts';
import { resolveSecret } from '../secrets/resolve.ts';
import { openStore } from '../storage/open-store.ts';
import type { ObjectStore } from '../storage/store.ts';
import { withLimit } from '../waiting.ts';

/** ms for one location. */
const limit = 4_000;

/**
 * A recovery that runs, also one that waits for its go, or a holder of the lease that Temporal does not know of (the break-glass script);
 * in words. A location that does not answer says nothing.
 */
export async function recoveryUnderWay(
  { service, run }: { service: string; run: string },
  deps: Pick<Dependencies, 'plans' | 'temporal'>,
): Promise<string | null> {
  const [recovery, fence] = [workflowIdOf(service, 'failover'), workflowIdOf(service, 'fence')];
  const running = deps.temporal ? await holderOf(deps.temporal, [recovery, fence]) : null;
  if (running) return running;
  const { folder, overlays } = deps.plans;
  const { plan } = await loadPlan(folder, service, { overlays: [...overlays] });
  const held = await Promise.all(
    leaseLocations(plan).map((location) =>
      withLimit(limit, undefined, async () =>
        heldAt(await openStore(plan, location, (ref) => resolveSecret(ref, folder)), service, run),
      ).catch(() => null),
    ),
  );
  return held.find((each) => each !== null) ?? null;
}

/** By this worker's clock, since the store's is asked by writing. */
async function heldAt(store: ObjectStore, service: string, run: string): Promise<string | null> {
  const { lease } = await readLease(store, service);
  const over = !lease || lease.released !== undefined || lease.settled || Date.parse(lease.until) <= Date.now();
  return over || lease.run === run ? null : describeHolder(lease);
}

/** Of a workflow that cleans up in every end but the one that is done to it. */
export async function drillEnd(
  { workflowId }: { workflowId: string },
  { temporal }: Pick<Dependencies, 'temporal'>,
): Promise<DrillEnd> {
  if (!temporal) return 'runs';
  try {
    const { status } = await temporal.workflow.getHandle(workflowId).describe();
    if (status.name === 'RUNNING') return 'runs';
    return status.name === 'TERMINATED' || status.name === 'TIMED_OUT' ? 'killed' : 'in order';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return 'in order';
    throw error;
  }
}

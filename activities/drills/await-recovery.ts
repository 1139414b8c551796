/** Activity `awaitRecovery`: ends when somebody recovers the service for real, so that a drill makes way. Reads only. */
import { setTimeout as pause } from 'node:timers/promises';
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { refusal } from '../../domain/errors.ts';
import { describeHolder } from '../../domain/lease.ts';
import { workflowIdOf } from '../../domain/procedures.ts';
import { holdersIn, type LeaseAt, leasesInForce } from '../lease/holders.ts';
import { loadPlan } from '../plans/load-plan.ts';
import type { Dependencies } from '../runtime/dependencies.ts';
import { resolveSecret } from '../secrets/resolve.ts';
import { openStore } from '../storage/open-store.ts';

export interface RecoveryCall {
  readonly service: string;
  /** Muster's id of the run that asks. */
  readonly run: string;
  /** ISO; what began before it was in nobody's way. */
  readonly since: string;
}

export interface RecoveryDeps {
  readonly temporal: Client;
  leases(): Promise<readonly LeaseAt[]>;
  /** Waits so many ms; rejects when the activity is cancelled. */
  pause(ms: number): Promise<void>;
}

/** With what a worker has. @throws NoServer */
export async function awaitRecoveryWith(call: RecoveryCall, deps: Dependencies, signal: AbortSignal) {
  const { temporal, plans } = deps;
  if (!temporal)
    throw refusal('NoServer', 'This worker has no connection to ask Temporal with.', 'start it with workers/main.ts.');
  const { plan } = await loadPlan(plans.folder, call.service, { overlays: [...plans.overlays] });
  const store = (location: string) => openStore(plan, location, (ref) => resolveSecret(ref, plans.folder));
  return await awaitRecovery(call, {
    temporal,
    leases: () => leasesInForce(plan, store, signal),
    pause: (ms) => pause(ms, undefined, { signal }),
  });
}

const every = 3_000;
/** The server is asked each time, the storage locations seldom: a lease without a run is a break-glass script's. */
const looksALease = 10;

/** In words: which run began, or who took the lease. */
export async function awaitRecovery(call: RecoveryCall, deps: RecoveryDeps): Promise<{ what: string }> {
  for (let look = 0; ; look += 1) {
    const begun = await recoveryBegun(call, deps.temporal);
    const what = begun ?? (look % looksALease === 0 ? await leaseTaken(call, deps) : undefined);
    if (what !== undefined) return { what };
    await deps.pause(every);
  }
}

async function recoveryBegun({ service, since }: RecoveryCall, temporal: Client): Promise<string | undefined> {
  const id = workflowIdOf(service, 'failover');
  try {
    const { status, startTime, type } = await temporal.workflow.getHandle(id).describe();
    if (status.name !== 'RUNNING' || startTime.getTime() < Date.parse(since)) return undefined;
    return `${id} (${type}) began`;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

/** A service that is served again and only watched is in nobody's way. */
async function leaseTaken({ run }: RecoveryCall, { leases }: RecoveryDeps): Promise<string | undefined> {
  const holder = holdersIn(await leases()).find((lease) => lease.run !== run && !lease.settled);
  return holder && `${describeHolder(holder)} has the lease`;
}

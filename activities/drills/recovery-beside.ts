/**
 * Whether a service is recovered for real, which a drill makes way for: activity `recoveryUnderWay` looks once, before a drill takes
 * anything, `awaitRecovery` again and again while it goes on. Both read only, and by the same rule.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { workflowIdOf } from '../../domain/playbook/procedures.ts';
import { describeHolder } from '../../domain/run/lease.ts';
import { holdersIn, type LeaseAt, leasesInForce } from '../lease/holders.ts';
import { loadPlan } from '../plans/load-plan.ts';
import type { Dependencies } from '../runtime/dependencies.ts';
import { resolveSecret } from '../secrets/resolve.ts';
import { openStore } from '../storage/open-store.ts';

export interface RecoveryCall {
  readonly service: string;
  /** Muster's id of the run that asks. */
  readonly run: string;
  /** ISO; a run that began before it is in nobody's way. Any that runs counts where absent. */
  readonly since?: string | undefined;
  /** Muster's id of the drill that began the run that asks, and ends it: without it there is nothing to go on for. */
  readonly of?: string | undefined;
}

export interface RecoveryFound {
  /** `spacetime/recovery`, or the holder of the lease in words. */
  readonly who: string;
  /** A sentence's end: `spacetime/recovery (failover) began`. */
  readonly what: string;
  /** Nothing is recovered: the drill that the run belongs to is gone. */
  readonly orphaned?: true;
}

/** @param leases  whether the storage locations are asked too, and not the server alone */
type Look = (leases: boolean) => Promise<RecoveryFound | undefined>;

/** Null where none goes on. */
export async function recoveryUnderWay(call: RecoveryCall, deps: RecoveryDeps): Promise<string | null> {
  return (await lookWith(call, deps)(true))?.who ?? null;
}

/** With what a worker has; rejects when it is cancelled. */
export async function awaitRecoveryWith(call: RecoveryCall, deps: RecoveryDeps, signal: AbortSignal) {
  return await awaitRecovery(lookWith(call, deps, signal), (ms) => pause(ms, undefined, { signal }));
}

type RecoveryDeps = Pick<Dependencies, 'plans' | 'temporal'>;

function lookWith(call: RecoveryCall, { plans, temporal }: RecoveryDeps, signal?: AbortSignal): Look {
  return async (leases) => {
    const inForce = async () => {
      const { plan } = await loadPlan(plans.folder, call.service, { overlays: [...plans.overlays] });
      const store = (location: string) => openStore(plan, location, (ref) => resolveSecret(ref, plans.folder));
      return await leasesInForce(plan, store, signal);
    };
    return await recoveryBeside(call, temporal, leases ? inForce : undefined);
  };
}

const every = 3_000;
/** The server is asked each time, the storage locations seldom: a lease without a run is a break-glass script's. */
const looksALease = 6;

export async function awaitRecovery(look: Look, wait: (ms: number) => Promise<void>): Promise<RecoveryFound> {
  for (let turn = 0; ; turn += 1) {
    const found = await look(turn % looksALease === 0);
    if (found) return found;
    await wait(every);
  }
}

/**
 * A recovery or a fence that runs, also one that waits for its go; or a holder of the lease that Temporal need not know of. A location that
 * does not answer says nothing, and a service that is served again and only watched is in nobody's way.
 */
export async function recoveryBeside(
  { service, run, since, of }: RecoveryCall,
  temporal: Client | undefined,
  leases: (() => Promise<readonly LeaseAt[]>) | undefined,
): Promise<RecoveryFound | undefined> {
  if (temporal)
    for (const procedure of ['failover', 'fence'] as const) {
      const id = workflowIdOf(service, procedure);
      const type = await begunSince(temporal, id, since);
      if (type) return { who: id, what: `${id} (${type}) began` };
    }
  const holder = holdersIn((await leases?.()) ?? []).find((lease) => lease.run !== run && !lease.settled);
  if (holder) return { who: describeHolder(holder), what: `${describeHolder(holder)} has the lease` };
  return of !== undefined && temporal ? await orphaned(temporal, workflowIdOf(service, 'drill'), of) : undefined;
}

/** A drill ends what it began before it ends itself: where it does not run any more, somebody has terminated it. */
async function orphaned(temporal: Client, who: string, drill: string): Promise<RecoveryFound | undefined> {
  const runs = await begunSince(temporal, who, undefined);
  return runs ? undefined : { who, what: `${drill}, which began it, does not run any more`, orphaned: true };
}

/** Type of the workflow; undefined where it does not run, or began before. */
async function begunSince(temporal: Client, id: string, since: string | undefined): Promise<string | undefined> {
  try {
    const { status, startTime, type } = await temporal.workflow.getHandle(id).describe();
    const counts = since === undefined || startTime.getTime() >= Date.parse(since);
    return status.name === 'RUNNING' && counts ? type : undefined;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

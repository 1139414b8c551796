/** Activity `lookAtReadiness`: a look by the plan's own roles, or the other way round after a failover; what it found is kept, and so is a new break-glass script. */
import { Refusal } from '../../domain/errors.ts';
import { type Plan, siteOfRole } from '../../domain/plan/plan.ts';
import type { Lacking } from '../../domain/readiness/readiness.ts';
import type { ReadinessResult } from '../../domain/readiness/result.ts';
import { loadPlan } from '../plans/load-plan.ts';
import { loadSigner } from '../points/signer.ts';
import { keepScript } from '../runbook/keep-script.ts';
import type { Dependencies } from '../runtime/dependencies.ts';
import { resolveSecret } from '../secrets/resolve.ts';
import { openStore } from '../storage/open-store.ts';
import { keepResult } from './keep-result.ts';
import { type LookAsked, type LookDeps, lookAtReadiness } from './look.ts';
import { lookContext } from './look-context.ts';

interface LookDone {
  readonly standby: string;
  readonly ready: boolean;
  readonly score: number;
  readonly lacking: readonly Lacking[];
  readonly standsAside?: string;
  /** Locations that have the result, and what became of the script. */
  readonly kept: readonly string[];
  readonly script?: string;
}

/** What a recovery that is under way changes is not to be judged. */
const aside = /^(LeaseHeld|RecoveryUnderWay)$/;

export async function scheduledLook(
  { service }: { service: string },
  { plans, aws, temporal, temporalPlace }: Dependencies,
  { queue, signal }: { queue: string; signal: AbortSignal },
): Promise<LookDone> {
  const { plan, sha256, positionOf } = await loadPlan(plans.folder, service, { overlays: [...plans.overlays] });
  const deps: LookDeps = {
    ...{ plan, sha256, positionOf, planFolder: plans.folder, aws, queue, signal },
    ...(temporal ? { temporal } : {}),
    ...(temporalPlace ? { temporalPlace } : {}),
  };
  const result = await lookEitherWay(plan, deps);
  const { to: standby, ready, score, lacking } = result;
  const held = lacking.find(({ id }) => aside.test(id));
  if (held) return { standby, ready, score, lacking, standsAside: held.what, kept: [] };
  const secret = (ref: Parameters<typeof resolveSecret>[0]) => resolveSecret(ref, plans.folder);
  const stores = Object.keys(plan.storage).map((location) => ({
    location,
    open: () => openStore(plan, location, secret),
  }));
  // What nobody could have signed is not kept; that the key is not here is among what lacks.
  const signer = await loadSigner(plan, secret).catch(() => undefined);
  const kept = signer ? await keepResult(result, signer, stores, plan.readiness?.keep) : [];
  // Where a failover cannot be made, there is no script of one either, and the one before stays.
  const script = result.point ? await keepNewScript(result, deps) : undefined;
  return { standby, ready, score, lacking, kept, ...(script ? { script } : {}) };
}

/** After a failover the roles of the plan are not those of the world. */
async function lookEitherWay(plan: Plan, deps: LookDeps): Promise<ReadinessResult> {
  const names = Object.keys(plan.sites);
  const from = siteOfRole(plan, 'primary') ?? names[0] ?? '';
  const to = siteOfRole(plan, 'standby') ?? names.find((name) => name !== from) ?? '';
  try {
    return await lookAtReadiness({ from, to }, deps);
  } catch (error) {
    if (!(error instanceof Refusal && error.type === 'ServesThere')) throw error;
    return await lookAtReadiness({ from: to, to: from }, deps);
  }
}

/** In words. Never rejects but when the look is given up. */
async function keepNewScript({ service, from, to }: LookAsked & { service: string }, deps: LookDeps): Promise<string> {
  const { plan, planFolder, aws, signal = new AbortController().signal } = deps;
  const { context, close } = lookContext(plan, planFolder, signal, aws);
  try {
    // As on its last attempt: what cannot be made now is said, and made at the next look.
    const wanted = { service, from, to, locations: Object.keys(plan.storage) };
    return (await keepScript.run(wanted, { ...context, attempt: 2 })).outcome;
  } catch (error) {
    signal.throwIfAborted();
    return `none could be made: ${error instanceof Error ? error.message : String(error)}`;
  } finally {
    await close();
  }
}

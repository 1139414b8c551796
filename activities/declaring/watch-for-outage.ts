/**
 * Activity `watchForOutage`: looks again and again until there is something to say. The observers remember how long an outage
 * lasts, so a watch that begins anew on another worker has lost nothing.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { Watched } from '../../domain/observers/declaring.ts';
import { type Plan, siteOfRole } from '../../domain/plan/plan.ts';
import type { SecretRef } from '../../domain/plan/values.ts';
import { procedures, traitsOf, workflowIdOf } from '../../domain/playbook/procedures.ts';
import { servingSites } from '../assessment/direction.ts';
import { nameNow } from '../assessment/facts/name.ts';
import { loadPlan } from '../plans/load-plan.ts';
import type { Dependencies } from '../runtime/dependencies.ts';
import { resolveSecret } from '../secrets/resolve.ts';
import { judgeNow } from './ask-observers.ts';

export interface WatchCall {
  readonly service: string;
  /** `well`: an outage was dealt with; wait until it is over. */
  readonly until: 'outage' | 'well';
  /** ms after which the watch says what it last saw, and the plan is read again. */
  readonly atMost: number;
}

export async function watchForOutage(call: WatchCall, deps: Dependencies, signal?: AbortSignal): Promise<Watched> {
  const { plan } = await loadPlan(deps.plans.folder, call.service, { overlays: [...deps.plans.overlays] });
  if (!plan.declare) return { state: 'off' };
  const began = performance.now();
  let wellSince: number | undefined;
  for (;;) {
    const verdict = await judgeNow(plan.declare, plan.health, signal);
    const now = performance.now();
    wellSince = verdict.state === 'well' ? (wellSince ?? now) : undefined;
    if (call.until === 'outage' && verdict.state === 'outage')
      return (await decided(plan, verdict, deps)) ?? (await declared(plan, verdict.evidence, deps));
    // As long as an outage must last to count, so that a flap does not make two of one.
    if (call.until === 'well' && wellSince !== undefined && now - wellSince >= plan.declare.after)
      return { state: 'well', why: 'the service is seen well again' };
    if (now - began > call.atMost)
      return { state: 'nothing', why: verdict.state === 'unclear' ? verdict.why : verdict.state };
    await pause(plan.declare.every, undefined, { signal });
  }
}

/**
 * A failover leads away from the plan's primary. Where the names lead elsewhere already, or nowhere, it would be the wrong thing; names
 * that cannot be read say nothing, and the plan's word stands.
 */
async function declared(plan: Plan, evidence: string, deps: Dependencies): Promise<Watched> {
  const { procedure } = plan.declare ?? { procedure: 'failover' as const };
  const secret = (ref: SecretRef) => resolveSecret(ref, deps.plans.folder);
  const reading = { plan, secret, route53: () => deps.aws.route53(), now: () => new Date() };
  const names = await Promise.all(plan.traffic.records.map((record) => nameNow(record, reading)));
  const sites = servingSites(names);
  const readable = names.some((name) => name.evidence !== undefined);
  if (procedure === 'failover' && readable && (sites.length !== 1 || sites[0] !== siteOfRole(plan, 'primary')))
    return { state: 'elsewhere', evidence, from: sites.join(' and ') || 'no site of the plan' };
  return { state: 'outage', evidence, procedure };
}

/**
 * Who said no-go to a recovery from this outage, or aborted it, is not asked again. A planned move or a shift of traffic that had the
 * same workflow id decided nothing about it.
 */
async function decided(
  { service, declare }: Plan,
  { ms, evidence }: { readonly ms: number; readonly evidence: string },
  { temporal }: Dependencies,
): Promise<Watched | undefined> {
  if (!temporal || !declare) return undefined;
  const id = workflowIdOf(service, declare.procedure);
  try {
    const { closeTime, memo } = await temporal.workflow.getHandle(id).describe();
    if (closeTime === undefined || closeTime.getTime() < Date.now() - ms) return undefined;
    const ended = procedures.find((each) => each === memo?.procedure);
    if (ended && (!traitsOf(ended).restores || traitsOf(ended).planned)) return undefined;
    return { state: 'decided', evidence, by: `a run of ${id} ended at ${closeTime.toISOString()}, during this outage` };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

/** Activity `notify`: tells everyone whom the plan wants to hear it, side by side. A receiver that is down is reported, never a failure. */
import { type Matter, saidLately } from '../../domain/notices/escalation.ts';
import { levelOf, outlastsRun } from '../../domain/notices/events.ts';
import { type NoticePolicy, noticePolicyOf } from '../../domain/plan/escalation.ts';
import { receiversOf } from '../../domain/plan/notices.ts';
import type { Plan } from '../../domain/plan/plan.ts';
import type { SecretRef } from '../../domain/plan/values.ts';
import type { Delivery, NoticeCall, ToldPeople } from '../../domain/run/protocol.ts';
import { passing } from '../aws/errors.ts';
import { deliver } from './deliver.ts';

export interface NotifyDeps {
  readonly plan: Plan;
  secret(ref: SecretRef): Promise<string>;
  readonly signal?: AbortSignal;
  /** What runs before have left and nobody has dealt with; nothing where that cannot be found out in a moment. */
  open?(): Promise<readonly Matter[]>;
  /** Writes down who took it and who did not, beside whatever else goes on. */
  remember?(deliveries: readonly Delivery[]): void;
  /** ms since 1970; for tests. */
  readonly now?: () => number;
}

/** In: what happened. Out: one delivery for each receiver that is to hear it, in the plan's order. Rejects only when cancelled. */
export async function notify(call: NoticeCall, deps: NotifyDeps): Promise<Delivery[]> {
  const { plan, secret, signal, now = Date.now } = deps;
  const notice = { ...call, level: call.level ?? levelOf(call, plan.escalation?.severities) };
  const deliveries = await Promise.all(
    receiversOf(plan.notices, notice).map(async (receiver) => {
      const why = await deliver(receiver, notice, { secret: (ref) => secret(ref), signal, now });
      return { name: receiver.name, sent: why === '', why };
    }),
  );
  deps.remember?.(deliveries);
  return deliveries;
}

/** As the workflows are answered. */
export async function tellPeople(call: NoticeCall, deps: NotifyDeps): Promise<ToldPeople> {
  const policy = noticePolicyOf(deps.plan);
  if (!policy) return { deliveries: await notify(call, deps) };
  return { deliveries: (await saidBefore(call, policy, deps)) ? [] : await notify(call, deps), policy };
}

/** How a run ended may be what the run before it ended with: what nobody has dealt with is not said every time. */
async function saidBefore(
  call: NoticeCall,
  policy: NoticePolicy,
  { open, now = Date.now }: NotifyDeps,
): Promise<boolean> {
  const { matter: id, event, procedure, change, only, except } = call;
  if (!policy.quiet || !id || !outlastsRun(event) || change || only || except) return false;
  const level = call.level ?? levelOf(call, policy.severities);
  return saidLately((await open?.()) ?? [], { id, procedure, event, level }, policy.quiet, now());
}

/** Activity `notifyAgain`: one receiver that could not be told; Temporal tries it again for a while. @throws NoticeNotSent */
export async function tellAgain(call: NoticeCall, deps: NotifyDeps): Promise<void> {
  // One notice that is not taken is one, however often it is tried.
  const remember = (deliveries: readonly Delivery[]) => deps.remember?.(deliveries.filter(({ sent }) => sent));
  const missed = (await notify(call, { ...deps, remember })).filter(({ sent }) => !sent);
  if (missed.length === 0) return;
  const why = missed.map((each) => `${each.name}: ${each.why}`).join('; ');
  throw passing('NoticeNotSent', `A notice could not be sent (${why}).`, 'tell them by other means.');
}

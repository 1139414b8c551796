/** Activity `notify`: tells everyone whom the plan wants to hear it, side by side. A receiver that is down is reported, never a failure. */
import { levelOf } from '../../domain/notice-events.ts';
import type { Plan } from '../../domain/plan.ts';
import { receiversOf } from '../../domain/plan-notices.ts';
import type { SecretRef } from '../../domain/plan-values.ts';
import type { NoticeCall } from '../../domain/protocol.ts';
import { deliver } from './deliver.ts';

export interface NotifyDeps {
  readonly plan: Plan;
  secret(ref: SecretRef): Promise<string>;
  readonly signal?: AbortSignal;
  /** ms since 1970; for tests. */
  readonly now?: () => number;
}

export interface Delivery {
  readonly name: string;
  readonly sent: boolean;
  /** Why not; empty when sent. */
  readonly why: string;
}

/** In: what happened. Out: one delivery for each receiver that is to hear it, in the plan's order. Rejects only when cancelled. */
export async function notify(call: NoticeCall, deps: NotifyDeps): Promise<Delivery[]> {
  const { plan, secret, signal, now = Date.now } = deps;
  const notice = { ...call, level: call.level ?? levelOf(call) };
  return await Promise.all(
    receiversOf(plan.notices, notice).map(async (receiver) => {
      const why = await deliver(receiver, notice, { secret: (ref) => secret(ref), signal, now });
      return { name: receiver.name, sent: why === '', why };
    }),
  );
}

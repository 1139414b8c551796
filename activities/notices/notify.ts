/** Activity `notify`: tells everyone the plan names, side by side. A receiver that is down is reported, never a failure. */
import type { Plan } from '../../domain/plan.ts';
import type { SecretRef } from '../../domain/plan-values.ts';
import type { NoticeCall } from '../../domain/protocol.ts';
import { type Notice, post } from './post.ts';

export interface NotifyDeps {
  readonly plan: Plan;
  secret(ref: SecretRef): Promise<string>;
  readonly signal?: AbortSignal;
}

export interface Delivery {
  readonly name: string;
  readonly sent: boolean;
  /** Why not; empty when sent. */
  readonly why: string;
}

/** In: what happened. Out: one delivery a receiver, in the plan's order. Rejects only when cancelled. */
export async function notify(call: NoticeCall, deps: NotifyDeps): Promise<Delivery[]> {
  const notice: Notice = call;
  return await Promise.all(
    deps.plan.notices.map(async (receiver) => {
      const url = await deps.secret(receiver.url).catch((error: Error) => error);
      const why = typeof url === 'string' ? await post(receiver, url.trim(), notice, deps.signal) : url.message;
      return { name: receiver.name, sent: why === '', why };
    }),
  );
}

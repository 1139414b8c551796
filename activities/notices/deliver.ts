/** Brings one notice to one receiver, by its kind. */
import type { NoticeReceiver } from '../../domain/plan/notices.ts';
import type { Delivering, Notice } from './driver.ts';
import { email } from './email.ts';
import { pagerduty } from './pagerduty.ts';
import { slack } from './slack.ts';
import { webhook } from './webhook.ts';

/** Empty when it was taken, else why not, without any address or secret. Rejects only when cancelled. */
export async function deliver(receiver: NoticeReceiver, notice: Notice, delivering: Delivering): Promise<string> {
  try {
    return await byKind(receiver, notice, delivering);
  } catch (error) {
    delivering.signal?.throwIfAborted();
    return error instanceof Error ? error.message : String(error);
  }
}

async function byKind(receiver: NoticeReceiver, notice: Notice, delivering: Delivering): Promise<string> {
  switch (receiver.kind) {
    case 'slack':
      return await slack(receiver, notice, delivering);
    case 'webhook':
      return await webhook(receiver, notice, delivering);
    case 'pagerduty':
      return await pagerduty(receiver, notice, delivering);
    case 'email':
      return await email(receiver, notice, delivering);
  }
}

/** `<service>/notice-test`: a test message to each receiver; waits for somebody to acknowledge it where that is wanted, and keeps the result. */
import { condition, defineSignal, defineUpdate, setCurrentDetails, setHandler } from '@temporalio/workflow';
import { formatDuration } from '../domain/duration.ts';
import { type NoticeTestResult, noticeTestEvent, noticeTestSchema } from '../domain/notices/test.ts';
import type { NoticeCall, ToldPeople } from '../domain/run/protocol.ts';
import { acknowledgeSchema, type DecisionAnswer } from '../domain/run/run.ts';
import { callActivity } from './run/call-activity.ts';
import { badInput } from './run/failures.ts';

const acknowledgeUpdate = defineUpdate<DecisionAnswer, [unknown]>('acknowledge');
const acknowledgeSignal = defineSignal<[unknown]>('acknowledge');
const acknowledgeText = 'The test message was read: {"by": "..."}';
const queues = ['muster-fallback'];

export interface NoticeTested extends NoticeTestResult {
  /** Storage locations that have the result. */
  readonly kept: readonly string[];
}

export async function noticeTest(raw: unknown): Promise<NoticeTested> {
  const parsed = noticeTestSchema.safeParse(raw);
  if (!parsed.success) throw badInput('This needs a service and its receivers.', 'muster notices test SERVICE');
  const { service, by, receivers, wait } = parsed.data;
  const at = new Date().toISOString();
  let read: NoticeTestResult['acknowledged'];
  const acknowledge = (given: unknown): DecisionAnswer => {
    const { data } = acknowledgeSchema.safeParse(given);
    if (!data) return { taken: false, why: `malformed. Try: ${acknowledgeText}` };
    if (read) return { taken: false, why: `${read.by} has acknowledged it already` };
    read = { by: data.by, at: new Date().toISOString() };
    return { taken: true, why: `${data.by} has read the test message` };
  };
  setHandler(acknowledgeUpdate, acknowledge, { description: acknowledgeText });
  setHandler(acknowledgeSignal, (given) => void acknowledge(given), { description: acknowledgeText });

  const call: NoticeCall = {
    service,
    run: `notice-test-${at.replace(/[:.]/g, '')}`,
    event: noticeTestEvent,
    severity: 'info',
    text: `TEST by ${by}: nothing has happened to ${service}.${wait > 0 ? ` Please acknowledge within ${formatDuration(wait)}: muster ack ${service} ${noticeTestEvent}` : ''}`,
    fields: {},
    // An incident of its own, where incidents are kept.
    matter: noticeTestEvent,
    only: receivers,
  };
  const { deliveries = [] } = (await tell(call)) ?? {};
  setCurrentDetails(deliveries.map(({ name, sent, why }) => `- ${name}: ${sent ? 'took it' : why}`).join('\n'));
  const anybody = deliveries.some(({ sent }) => sent);
  if (wait > 0 && anybody) await condition(() => read !== undefined, wait, { summary: 'Wait for an acknowledgement' });
  await tell({ ...call, change: 'resolved' }).catch(() => {});

  const missing = receivers.filter((name) => !deliveries.some((each) => each.name === name));
  const result: NoticeTestResult = {
    service,
    at,
    by,
    receivers: [
      ...deliveries,
      ...missing.map((name) => ({ name, sent: false, why: "the worker's plan has no such receiver" })),
    ],
    ...(read ? { acknowledged: read } : {}),
    wait,
  };
  return { ...result, kept: await keep(result) };
}

async function tell(call: NoticeCall): Promise<ToldPeople | undefined> {
  const summary = call.change ? 'The test is over' : 'Send the test message';
  const limits = { startToClose: 20_000, scheduleToStart: 10_000, budget: 60_000, heartbeat: 5_000 };
  return await callActivity<ToldPeople | undefined>({ name: 'notify', summary, queues, limits }, call);
}

async function keep(result: NoticeTestResult): Promise<string[]> {
  const limits = { startToClose: 30_000, scheduleToStart: 10_000, budget: 120_000, heartbeat: 10_000 };
  const summary = 'Keep the result in the storage locations';
  return await callActivity<string[]>({ name: 'keepNoticeTest', summary, queues, limits }, result);
}

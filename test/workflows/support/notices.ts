/** What tests of notices share: a policy, what was said of a matter, and the workflow that outlives a run. */
import { WorkflowNotFoundError } from '@temporalio/client';
import { type DeskStatus, noticeDeskId } from '../../../domain/notices/desk.ts';
import { type NoticePolicy, noticePolicyOf } from '../../../domain/plan/escalation.ts';
import { noticesSchema } from '../../../domain/plan/notices.ts';
import type { DecisionAnswer } from '../../../domain/run/run.ts';
import type { openRange, runOf } from './range.ts';

type Range = Awaited<ReturnType<typeof openRange>>;

const pager = noticesSchema.parse([{ name: 'on-call', kind: 'pagerduty', routingKey: { env: 'KEY' } }]);

/** @param response  ms that a P0 and a P1 wait for somebody */
export function policy(response: number, more: Partial<NoticePolicy> = {}): NoticePolicy {
  const known = noticePolicyOf({ notices: pager }) as NoticePolicy;
  return {
    ...known,
    response: { ...known.response, P0: response, P1: response },
    steps: [{ to: ['manager'] }],
    ...more,
  };
}

export async function approved(run: ReturnType<typeof runOf>): Promise<void> {
  await run.until(({ phase }) => phase === 'awaiting-approval');
  await run.go();
}

export async function eventually<Value>(look: () => Value | undefined | Promise<Value | undefined>): Promise<Value> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error('it never came');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** What the receivers of a service were sent of one matter. */
export function saidOf(range: Range, service: string, matter: string) {
  const all = range.toldOf(service).filter((call) => call.matter === matter);
  return {
    escalated: all.filter(({ only }) => only !== undefined),
    changes: all.flatMap(({ change }) => (change ? [change] : [])),
  };
}

export function deskOf(range: Range, service: string) {
  const handle = range.client.workflow.getHandle(noticeDeskId(service));
  return {
    status: () => handle.query<DeskStatus>('status'),
    acknowledge: (given: object) => handle.executeUpdate<DecisionAnswer, [object]>('acknowledge', { args: [given] }),
    result: () => handle.result(),
    terminate: () => handle.terminate(),
    exists: () =>
      handle.describe().then(
        () => true,
        (error) => {
          if (error instanceof WorkflowNotFoundError) return false;
          throw error;
        },
      ),
  };
}

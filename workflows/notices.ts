/**
 * `<service>/notices`: goes on telling people when the run that told them first has ended, until somebody looks after it or a later run of the
 * same procedure is done. Ends when nothing is open.
 */
import {
  allHandlersFinished,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  defineUpdate,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { type Desk, type DeskStatus, deskSchema, type Settled, settledSchema } from '../domain/notices/desk.ts';
import type { Matter } from '../domain/notices/escalation.ts';
import { acknowledgeSchema, type DecisionAnswer } from '../domain/run/run.ts';
import { acknowledge } from './notices/desk.ts';
import { Escalations } from './notices/escalations.ts';
import { callAbout, Telling } from './notices/telling.ts';
import { badInput } from './run/failures.ts';

const statusQuery = defineQuery<DeskStatus>('status');
const takeSignal = defineSignal<[unknown]>('take');
const settleSignal = defineSignal<[unknown]>('settle');
const acknowledgeUpdate = defineUpdate<DecisionAnswer, [unknown]>('acknowledge');
const acknowledgeSignal = defineSignal<[unknown]>('acknowledge');
const acknowledgeText = 'Look after it, so that nobody else is told: {"by": "...", "notice": "<id>"}';

/** What a run that is done makes good: how one before it ended, and that they failed one after another. */
const madeGood: readonly string[] = ['ended', 'catch-up'];

export async function notices(raw: unknown): Promise<{ why: string }> {
  const parsed = deskSchema.safeParse(raw);
  if (!parsed.success) throw badInput('This is written by runs.', 'muster ack SERVICE to look after what is open');
  const { service } = parsed.data;
  const telling = new Telling({ queues: () => ['muster-fallback'], note: () => {} });
  const escalations = new Escalations((matter, what, to) => telling.send(callAbout(service, matter, what, to)));
  const unattended = () => escalations.open.filter(({ by }) => by === undefined);
  const busy = () => unattended().length > 0 || telling.pending.size > 0 || telling.left().length > 0;

  const take = ({ policy, open, unsent }: Desk) => {
    if (policy) escalations.begin(policy, open);
    telling.takeOver(unsent);
    show(unattended());
  };
  // Before there are handlers: a Signal that came with the start is about what it was started with.
  take(parsed.data);
  setHandler(statusQuery, () => ({ service, open: escalations.open, unsent: telling.left().length }), {
    description: 'What people were told and nobody has dealt with.',
  });
  setHandler(takeSignal, (given) => withShape(deskSchema.safeParse(given).data, take), {
    description: 'What another run leaves; written by runs.',
  });
  setHandler(settleSignal, (given) => withShape(settledSchema.safeParse(given).data, settle), {
    description:
      'A run of this procedure is done, or this is mended: {"procedure": "backup"}, {"matter": "less-ready"}',
  });
  setHandler(acknowledgeUpdate, receiveAck, { description: acknowledgeText });
  setHandler(acknowledgeSignal, (given) => void receiveAck(given), { description: acknowledgeText });

  const full = () => workflowInfo().continueAsNewSuggested;
  await condition(() => !busy() || full());
  await condition(allHandlersFinished);
  if (busy()) {
    const { policy, open } = escalations;
    await continueAsNew<typeof notices>({ service, policy, open, unsent: telling.left() });
  }
  return { why: 'nothing is open that nobody looks after' };

  function settle(settled: Settled): void {
    escalations.settle(({ id, procedure }) =>
      'matter' in settled
        ? procedure === undefined && id === settled.matter
        : procedure === settled.procedure && madeGood.includes(id),
    );
    show(unattended());
  }

  function receiveAck(given: unknown): DecisionAnswer {
    const { data } = acknowledgeSchema.safeParse(given);
    if (!data) return { taken: false, why: `malformed. Try: ${acknowledgeText}` };
    const answer = acknowledge(escalations, data);
    show(unattended());
    return answer;
  }
}

function withShape<Given>(given: Given | undefined, handle: (given: Given) => void): void {
  if (given !== undefined) handle(given);
}

function show(open: readonly Matter[]): void {
  const lines = open.map(({ id, level, text, procedure = '' }) => `- **${level}** ${procedure} \`${id}\`: ${text}`);
  setCurrentDetails(lines.length > 0 ? lines.join('\n') : 'Nothing is open that nobody looks after.');
}

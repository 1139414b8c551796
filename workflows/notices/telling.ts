/** Sends notices beside whatever else goes on. Who could not be told is said to the others once, and tried again in the background. */
import { CancellationScope, isCancellation } from '@temporalio/workflow';
import { formatDuration } from '../../domain/duration.ts';
import type { Desk } from '../../domain/notices/desk.ts';
import type { Matter } from '../../domain/notices/escalation.ts';
import type { NoticeCall, ToldPeople } from '../../domain/run/protocol.ts';
import { callActivity } from '../run/call-activity.ts';
import { describeFailure } from '../run/failures.ts';

interface Around {
  queues(): readonly string[];
  note(text: string): void;
}

/** ms that a receiver which could not be told is tried again. */
const again = 120_000;

export class Telling {
  /** First attempts under way. */
  readonly pending = new Set<Promise<unknown>>();
  /** What a receiver has not taken yet, and is being tried again. */
  private readonly unsent = new Set<NoticeCall>();
  private readonly around: Around;
  /** Receivers that could not be told: the others hear of it once. */
  private readonly deaf = new Set<string>();
  /** Matter to what is being said of it: an end is never told before its beginning. */
  private readonly saying = new Map<string, { done: Promise<unknown>; retries: CancellationScope[] }>();

  constructor(around: Around) {
    this.around = around;
  }

  /** An abort does not take back what people are being told. */
  send(call: NoticeCall): void {
    const about = this.about(call);
    const before = call.change ? about.done : undefined;
    const sending = CancellationScope.nonCancellable(() => this.attempt(call, before)).catch((error) =>
      this.around.note(`could not be sent (${call.event}): ${describeFailure(error).message}`),
    );
    about.done = sending;
    this.pending.add(sending);
    void sending.finally(() => this.pending.delete(sending));
  }

  /** What a run has left that has ended. */
  takeOver(unsent: Desk['unsent']): void {
    for (const { call, why } of unsent) {
      if (why === undefined) this.retry(call);
      else this.missed(call, call.only?.join(', ') ?? '', why);
    }
  }

  left(): Desk['unsent'] {
    return [...this.unsent].map((call) => ({ call }));
  }

  private retry(call: NoticeCall): void {
    const scope = new CancellationScope({ cancellable: true, parent: CancellationScope.current() });
    const name = call.only?.join(', ');
    this.about(call).retries.push(scope);
    this.unsent.add(call);
    void scope
      .run(() => callActivity(this.callOf('notifyAgain', `Tell ${name} again: ${call.event}`, again), call))
      .then(
        () => this.around.note(`${name} was told after all (${call.event})`),
        (error) => {
          if (!isCancellation(error))
            this.around.note(`${name} was not told (${call.event}) within ${formatDuration(again)}`);
        },
      )
      .finally(() => this.unsent.delete(call));
  }

  private async attempt(call: NoticeCall, before: Promise<unknown> | undefined): Promise<void> {
    if (before) {
      await before;
      // Nobody wants to hear late of what is over.
      for (const scope of this.about(call).retries.splice(0)) scope.cancel();
    }
    const told = await callActivity<ToldPeople | undefined>(
      this.callOf('notify', `Tell people: ${call.event}${call.change ? `, ${call.change}` : ''}`, 60_000),
      call,
    );
    // Older builds answered a list, and said nothing of who could not be told.
    for (const { name, sent, why } of told?.deliveries ?? []) if (!sent) this.missed(call, name, why);
  }

  private missed(call: NoticeCall, name: string, why: string): void {
    this.around.note(`${name} could not be told (${call.event}): ${why}`);
    CancellationScope.nonCancellable(async () => this.retry({ ...call, only: [name] }));
    if (call.event === 'notice-failed' || this.deaf.has(name)) return;
    this.deaf.add(name);
    const { matter: _matter, change: _change, only: _only, ...rest } = call;
    const text = `${name} could not be told of "${call.event}": ${why}. It is tried again for ${formatDuration(again)}.`;
    // As urgent as what it did not hear, so that it is heard by those who hear that.
    this.send({ ...rest, event: 'notice-failed', severity: 'warning', text, except: [...this.deaf] });
  }

  private about({ matter, procedure }: NoticeCall) {
    const key = `${procedure ?? ''}/${matter ?? ''}`;
    const known = this.saying.get(key) ?? { done: Promise.resolve(), retries: [] };
    this.saying.set(key, known);
    return known;
  }

  private callOf(name: string, summary: string, budget: number) {
    const limits = { startToClose: 15_000, scheduleToStart: 5_000, budget, heartbeat: 5_000 };
    return { name, summary, queues: this.around.queues(), limits };
  }
}

/** What the next ones are told, or those who keep incidents. */
export function callAbout(
  service: string,
  matter: Matter,
  what: 'escalated' | 'acknowledged' | 'resolved',
  to?: readonly string[],
): NoticeCall {
  const { id, run, event, severity, level, fields, procedure } = matter;
  const waited = Date.now() - matter.since;
  const text =
    what === 'escalated' && waited >= 1_000
      ? `Nobody answered for ${formatDuration(waited)}: ${matter.text}`
      : matter.text;
  const call = { service, run, event, severity, level, text, fields, procedure, matter: id };
  return what === 'escalated' ? { ...call, only: to } : { ...call, change: what };
}

/**
 * What people were told and nobody has dealt with, in a workflow's memory: tells the next ones when their time has come. Its timers are
 * Temporal's, so that a worker that dies forgets nobody. Without a policy it does nothing, and history has nothing of it.
 */
import { CancellationScope, condition } from '@temporalio/workflow';
import {
  acknowledged,
  heard,
  joined,
  type Matter,
  nextAt,
  ripe,
  type Saying,
  sameMatter,
} from '../../domain/notices/escalation.ts';
import type { NoticePolicy } from '../../domain/plan/escalation.ts';

/** Tells receivers of a matter; `to` absent: those who keep incidents, of what became of it. */
type Tell = (matter: Matter, what: 'escalated' | 'acknowledged' | 'resolved', to?: readonly string[]) => void;

export class Escalations {
  open: Matter[] = [];
  policy: NoticePolicy | undefined;
  private readonly tell: Tell;
  private turn = 0;
  private over = false;

  constructor(tell: Tell) {
    this.tell = tell;
  }

  /** From now on, with what was open before. */
  begin(policy: NoticePolicy, open: readonly Matter[] = []): void {
    const first = this.policy === undefined;
    this.policy = policy;
    this.take(open);
    if (first) void CancellationScope.nonCancellable(() => this.keep());
  }

  take(open: readonly Matter[]): void {
    this.open = joined(this.open, open, this.policy?.quiet);
    this.turn += 1;
  }

  /** False where the same was said a short while ago, and is not said again. */
  heard(saying: Saying): boolean {
    if (!this.policy) return true;
    const { open, say } = heard(this.open, saying, this.policy, Date.now());
    this.open = open;
    this.turn += 1;
    return say;
  }

  acknowledge(by: string, id?: string): Matter[] {
    const { open, taken } = acknowledged(this.open, by, id);
    this.open = open;
    this.turn += 1;
    for (const matter of taken) this.tell(matter, 'acknowledged');
    return taken;
  }

  /** What is decided, mended or over; nothing else. */
  settle(over: (matter: Matter) => boolean): Matter[] {
    const ended = this.open.filter(over);
    if (ended.length === 0) return [];
    this.open = this.open.filter((matter) => !ended.some((other) => sameMatter(matter, other)));
    this.turn += 1;
    for (const matter of ended) this.tell(matter, 'resolved');
    return ended;
  }

  end(): void {
    this.over = true;
  }

  private async keep(): Promise<void> {
    while (!this.over) {
      const turn = this.turn;
      const woken = () => this.over || this.turn !== turn;
      const at = nextAt(this.open);
      if (at === undefined) await condition(woken);
      else if (at > Date.now()) await condition(woken, at - Date.now(), { summary: 'Tell the next ones' });
      if (!this.over) this.tellNext();
    }
  }

  private tellNext(): void {
    const { open, tell } = ripe(this.open, Date.now());
    if (tell.length === 0) return;
    this.open = open;
    for (const { matter, to } of tell) this.tell(matter, 'escalated', to);
  }
}

import type { WaitSpan } from '../../domain/run/run.ts';

/** Spans that are kept one by one; later ones count in the sum only. */
const mostSpans = 100;

/** Time during which a run waited for people: the union of all such times, so that two open questions count once. */
export class WaitingClock {
  private open = 0;
  private since = 0;
  private what = '';
  private sum = 0;
  private closed: WaitSpan[] = [];

  /** @param what  the question, as people read it */
  begin(what: string): void {
    if (this.open === 0) {
      this.since = Date.now();
      this.what = what;
    }
    this.open += 1;
  }

  end(): void {
    this.open -= 1;
    if (this.open > 0) return;
    this.sum += Date.now() - this.since;
    this.keep(this.current());
  }

  /** What was waited before this began to count. */
  add(ms: number, spans: readonly WaitSpan[] = []): void {
    this.sum += ms;
    for (const span of spans) this.keep(span);
  }

  /** ms so far */
  total(): number {
    return this.sum + (this.open > 0 ? Date.now() - this.since : 0);
  }

  /** When it was waited, oldest first; the one that lasts ends now. */
  spans(): WaitSpan[] {
    return this.open > 0 ? [...this.closed, this.current()] : [...this.closed];
  }

  private current(): WaitSpan {
    const [from, to] = [this.since, Date.now()].map((ms) => new Date(ms).toISOString()) as [string, string];
    return { from, to, what: this.what };
  }

  private keep(span: WaitSpan): void {
    if (this.closed.length < mostSpans && span.to > span.from) this.closed.push(span);
  }
}

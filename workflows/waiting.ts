/** Time during which a run waited for people: the union of all such times, so that two open questions count once. */
export class WaitingClock {
  private open = 0;
  private since = 0;
  private sum = 0;

  begin(): void {
    if (this.open === 0) this.since = Date.now();
    this.open += 1;
  }

  end(): void {
    this.open -= 1;
    if (this.open === 0) this.sum += Date.now() - this.since;
  }

  /** ms that were waited before this began to count. */
  add(ms: number): void {
    this.sum += ms;
  }

  /** ms so far */
  total(): number {
    return this.sum + (this.open > 0 ? Date.now() - this.since : 0);
  }
}

/** Does something again and again at a steady pace, never two at once: a slow one delays the next, it does not pile up. */
import { setTimeout as delay } from 'node:timers/promises';

export async function atPace(intervalMs: number, signal: AbortSignal, act: () => Promise<void>): Promise<void> {
  let next = performance.now();
  while (!signal.aborted) {
    await act();
    next = Math.max(next + intervalMs, performance.now());
    await delay(Math.max(0, next - performance.now()), undefined, { signal }).catch(() => {}); // Aborted: the loop ends.
  }
}

/** Waiting for a condition of the world: a look, a pause that grows, a word to the heartbeat, an end. */
import { setTimeout as pause } from 'node:timers/promises';

export interface Wait {
  /** ms after which waiting ends with undefined. */
  readonly within: number;
  /** ms between looks at first, default 250, and at most, default 5000. */
  readonly every?: number;
  readonly atMost?: number;
  readonly signal: AbortSignal;
  /** Called before each look with ms waited so far. */
  onLook?(waited: number): void;
}

/** Looks until the probe answers something; undefined when the time has passed. The first look is at once. */
export async function waitFor<Found>(wait: Wait, probe: () => Promise<Found | undefined>): Promise<Found | undefined> {
  const started = performance.now();
  let every = wait.every ?? 250;
  for (;;) {
    wait.signal.throwIfAborted();
    wait.onLook?.(performance.now() - started);
    const found = await probe();
    if (found !== undefined) return found;
    const left = wait.within - (performance.now() - started);
    if (left <= 0) return undefined;
    // Ends early when aborted; the loop's head then throws the signal's own reason.
    await pause(Math.min(every, left), undefined, { signal: wait.signal }).catch(() => {});
    every = Math.min(every * 1.5, wait.atMost ?? 5_000);
  }
}

/** The work gave no answer in time. */
export class LimitPassed extends Error {
  override readonly name = 'LimitPassed';
}

/**
 * Gives work a limit that holds even when the work ignores its signal (a client that sleeps between retries).
 *
 * @throws LimitPassed after `ms`; the reason of `signal` when that is aborted
 */
export async function withLimit<Result>(
  ms: number,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const limit = new AbortController();
  const both = signal ? AbortSignal.any([limit.signal, signal]) : limit.signal;
  const timer = setTimeout(() => limit.abort(new LimitPassed(`no answer within ${ms} ms`)), ms);
  const stopped = new Promise<never>((_, reject) => {
    if (both.aborted) reject(both.reason);
    both.addEventListener('abort', () => reject(both.reason), { once: true });
  });
  try {
    const working = work(both);
    working.catch(() => {});
    return await Promise.race([working, stopped]);
  } finally {
    clearTimeout(timer);
  }
}

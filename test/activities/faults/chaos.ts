/** Faults at random moments, from a seed: the same seed tries the same faults, though the moment they hit is the machine's. */
import { setTimeout as delay } from 'node:timers/promises';

/** Mulberry32: numbers from 0 to 1. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export interface Fault {
  readonly name: string;
  /** Answers whether there was anything to hit. */
  strike(): Promise<boolean>;
}

/** Strikes up to `most` times while `work` lasts; answers its result. Every fault that hit is noted. */
export async function under<T>(
  random: () => number,
  faults: readonly Fault[],
  most: number,
  note: (text: string) => void,
  work: () => Promise<T>,
): Promise<T> {
  const over = new AbortController();
  const striking = strike(random, faults, most, note, over.signal);
  try {
    return await work();
  } finally {
    over.abort();
    await striking;
  }
}

async function strike(
  random: () => number,
  faults: readonly Fault[],
  most: number,
  note: (text: string) => void,
  over: AbortSignal,
): Promise<void> {
  for (let hits = 0; hits < most && !over.aborted; ) {
    // The moment is what is random here, not a wait for something.
    await delay(50 + random() * 1_500, undefined, { signal: over }).catch(() => {});
    const fault = faults[Math.floor(random() * faults.length)];
    if (over.aborted || !fault) return;
    if (!(await fault.strike())) continue;
    note(fault.name);
    hits += 1;
  }
}

/** Waits for a condition instead of for a time. */
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

export async function until<T>(
  what: string,
  look: () => T | Promise<T>,
  limit = 15_000,
): Promise<NonNullable<Exclude<T, false>>> {
  const end = Date.now() + limit;
  for (;;) {
    const seen = await look();
    if (seen) return seen as NonNullable<Exclude<T, false>>;
    if (Date.now() > end) throw new Error(`waited ${limit} ms in vain: ${what}`);
    await delay(20);
  }
}

/** Whether a process lives; one that nobody has buried yet does not. */
export function alive(pid: number): boolean {
  try {
    return !/^.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

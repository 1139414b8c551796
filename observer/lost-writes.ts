/** Counts acknowledged writes that are gone, by asking the service itself which of the ids it lacks. */
import { z } from 'zod';
import { refusal } from '../domain/errors.ts';
import { type LostWrites, lostWritesOf, type Write } from '../domain/observers/observer.ts';
import { ask } from './ask.ts';
import type { Resolve } from './resolve.ts';

const missingSchema = z.object({ missing: z.array(z.string()) });
const batch = 5000;
const timeoutMs = 15_000;

/**
 * Asks `<canary>/missing` with `{ ids }` in batches, through the service's name, and counts. Refuses (CanaryUnanswered)
 * when any batch is not answered: a part would not be a count.
 */
export async function countLostWrites(
  acknowledged: readonly Write[],
  canary: URL,
  resolve: Resolve,
): Promise<LostWrites> {
  const url = new URL(canary);
  url.pathname = `${canary.pathname.replace(/\/$/, '')}/missing`;
  const missing = new Set<string>();
  for (let start = 0; start < acknowledged.length; start += batch) {
    const ids = acknowledged.slice(start, start + batch).map(({ id }) => id);
    const answer = await ask(url, resolve, { timeoutMs, body: { ids } });
    for (const id of read(answer, url)) missing.add(id);
  }
  return lostWritesOf(acknowledged, missing);
}

function read(answer: { status?: number; body?: string; why?: string }, url: URL): string[] {
  if (answer.status === 200) {
    const parsed = missingSchema.safeParse(JSON.parse(answer.body ?? ''));
    if (parsed.success) return parsed.data.missing;
  }
  const fact = `${url} did not say which writes are missing: ${answer.why ?? `status ${answer.status}`}.`;
  throw refusal('CanaryUnanswered', fact, 'again once the service answers, or give the ids that are present.');
}

/** What time a storage location has, by the Date of an answer of its server: any answer says it, also a refusal. */
import type { ObjectStore } from '../storage/store.ts';

/** ms that it is ahead of this machine, to within a second and half the way there and back. @throws Error where it says no time */
export async function storeAhead(store: ObjectStore, signal: AbortSignal): Promise<number> {
  const { origin } = new URL(await store.presignGet('clock', 60));
  const asked = Date.now();
  const answer = await fetch(`${origin}/`, { method: 'HEAD', redirect: 'manual', signal });
  const answered = Date.now();
  const date = Date.parse(answer.headers.get('date') ?? '');
  if (Number.isNaN(date)) throw new Error('its answer has no date');
  // A Date is cut off to the second: on average half of one is missing.
  return date + 500 - (asked + answered) / 2;
}

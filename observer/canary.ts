/** One canary write. Its acknowledgement is a promise of the service that the observer later holds it to. */
import { randomUUID } from 'node:crypto';
import type { Write } from '../domain/observers/observer.ts';
import { ask } from './ask.ts';
import type { Resolve } from './resolve.ts';

/** Sends `{ id, at }` with a new id; any 2xx acknowledges. */
export async function writeCanary(target: { canary: URL; timeoutMs: number }, resolve: Resolve): Promise<Write> {
  const at = new Date().toISOString();
  const id = randomUUID();
  const began = performance.now();
  const answer = await ask(target.canary, resolve, { timeoutMs: target.timeoutMs, body: { id, at } });
  const ms = Math.round(performance.now() - began);
  const ok = answer.status !== undefined && answer.status >= 200 && answer.status <= 299;
  return {
    kind: 'write',
    at,
    ms,
    id,
    ok,
    address: answer.address,
    why: ok ? undefined : (answer.why ?? `status ${answer.status}`),
  };
}

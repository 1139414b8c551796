/** One look at the service: is the answer there, is its status good, does its body say what is expected. */
import type { Probe } from '../domain/observers/observer.ts';
import { ask } from './ask.ts';
import type { Resolve } from './resolve.ts';

/** `path` is dotted (`database.ready`); `value` is compared as text with what stands there. */
export type Expectation = { path: string; value: string };

export async function probe(
  service: { url: URL; expect: readonly Expectation[]; timeoutMs: number },
  resolve: Resolve,
): Promise<Probe> {
  const at = new Date();
  const began = performance.now();
  const answer = await ask(service.url, resolve, { timeoutMs: service.timeoutMs });
  const ms = Math.round(performance.now() - began);
  const why = answer.why ?? judge(answer.status ?? 0, answer.body ?? '', service.expect);
  return { kind: 'probe', at: at.toISOString(), ms, ok: why === undefined, address: answer.address, why };
}

/** What is wrong with an answer, or undefined. */
function judge(status: number, body: string, expect: readonly Expectation[]): string | undefined {
  if (status < 200 || status > 299) return `status ${status}`;
  if (expect.length === 0) return undefined;
  let read: unknown;
  try {
    read = JSON.parse(body);
  } catch {
    return 'the body is not JSON';
  }
  for (const { path, value } of expect) {
    const found = at(read, path);
    if (found === undefined) return `${path} is missing`;
    if (String(found) !== value) return `${path} is ${JSON.stringify(found)}`;
  }
  return undefined;
}

function at(body: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (value, key) =>
        value !== null && typeof value === 'object' ? (value as Record<string, unknown>)[key] : undefined,
      body,
    );
}

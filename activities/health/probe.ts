/** One look at a health URL: healthy, or why not. Never throws for what the service does. */
import { type Expectation, mismatches } from '../../domain/health.ts';
import { requestText } from './request.ts';

export interface Probe {
  readonly url: string;
  readonly expect: Expectation;
  /** ms */
  readonly timeout: number;
  readonly resolver?: string;
}

export interface ProbeAnswer {
  readonly healthy: boolean;
  /** Empty when healthy. */
  readonly why: string;
  /** ms */
  readonly took: number;
}

export async function probe(what: Probe, signal?: AbortSignal): Promise<ProbeAnswer> {
  const started = performance.now();
  const why = await reason(what, signal);
  return { healthy: why === '', why, took: Math.round(performance.now() - started) };
}

async function reason(what: Probe, signal: AbortSignal | undefined): Promise<string> {
  try {
    const { status, body } = await requestText(what.url, { timeout: what.timeout, resolver: what.resolver, signal });
    if (status < 200 || status > 299) return `it answered ${status}`;
    if (Object.keys(what.expect).length === 0) return '';
    return mismatches(JSON.parse(body), what.expect).join('; ');
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof SyntaxError) return 'its answer is not JSON';
    return describe(error);
  }
}

/** A refused connection to several addresses comes as one AggregateError without a message of its own. */
function describe(error: unknown): string {
  const named = error as NodeJS.ErrnoException;
  return named.message || named.code || String(error);
}

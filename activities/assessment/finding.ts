/** Reading one fact with a limit of its own: whatever goes wrong becomes a fact that says so. */
import type { Fact } from '../../domain/playbook/assessment.ts';
import { withLimit } from '../waiting.ts';

export interface Finding<Evidence> {
  readonly fact: Fact;
  /** What the rules reason from; undefined when it could not be found out, and then `error` says why. */
  readonly evidence?: Evidence;
  readonly error?: unknown;
}

export interface Found<Evidence> {
  readonly value: string;
  readonly state: Fact['state'];
  readonly evidence: Evidence;
}

export interface About {
  readonly id: string;
  readonly title: string;
  readonly source: string;
  /** ms */
  readonly limit: number;
  readonly signal?: AbortSignal;
}

/** Never rejects, except when `about.signal` is aborted. */
export async function findOut<Evidence>(
  about: About,
  read: (signal: AbortSignal) => Promise<Found<Evidence>>,
): Promise<Finding<Evidence>> {
  const started = performance.now();
  const { id, title, source } = about;
  const base = () => ({ id, title, source, took: Math.round(performance.now() - started) });
  try {
    const { value, state, evidence } = await withLimit(about.limit, about.signal, read);
    return { fact: { ...base(), value, state }, evidence };
  } catch (error) {
    about.signal?.throwIfAborted();
    const why = error instanceof Error ? error.message : String(error);
    return { fact: { ...base(), value: `not known: ${why}`, state: 'unknown' }, error };
  }
}

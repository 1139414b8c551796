/**
 * What a readiness check is: one question about one thing that a failover needs, in a file of its own under `checks/`. It answers what is
 * lacking, or why it is not asked; what it could not find out is `unknown`, which is not a yes.
 */
import type { ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import type { Client } from '@temporalio/client';
import type { ReadinessSettings } from '../../domain/plan/readiness.ts';
import type { Assessment } from '../../domain/playbook/assessment.ts';
import { type Lacking, lack } from '../../domain/readiness/readiness.ts';
import type { CheckAnswer } from '../../domain/readiness/result.ts';
import type { StepContext } from '../context.ts';
import type { FoundPoints } from '../points/find-points.ts';
import type { TemporalPlace } from '../temporal/settings.ts';
import { withLimit } from '../waiting.ts';

/** What a check asks with. Nothing of the service is changed. */
export interface Look {
  /** Clients, stores, hosts, secrets and the plan. */
  readonly context: StepContext;
  /** SHA-256 of the plan, hex. */
  readonly sha256: string;
  readonly settings: ReadinessSettings;
  /** The site that would be lost, and the standby. */
  readonly from: string;
  readonly to: string;
  /** Of a failover now; absent where none could be made. */
  readonly assessment?: Assessment;
  /** Recovery points of at least the last day at all locations, read once. */
  points(): Promise<FoundPoints>;
  serviceQuotas(region: string): Promise<ServiceQuotasClient>;
  /** Absent where Temporal does not answer, or was not asked. */
  readonly temporal?: Client;
  /** Where Temporal is, where that is known. */
  readonly temporalPlace?: TemporalPlace;
  /** Task queue of the worker that looks; absent on a person's machine. */
  readonly queue?: string;
  readonly now: Date;
}

export type Asked =
  /** `seen`: what it saw, for people, also when nothing is lacking. */
  | { readonly lacking: readonly Lacking[]; readonly seen: string }
  /** The plan has nothing that could be asked about. */
  | { readonly skipped: string };

export interface ReadinessCheck {
  readonly id: string;
  readonly title: string;
  /** Asked of every plan; the others only where the plan has a `readiness` block. */
  readonly always?: true;
  /** What mends it where it could not be asked. */
  mend(look: Look): string;
  ask(look: Look, signal: AbortSignal): Promise<Asked>;
}

/** ms for one check: a region that hangs must not hold up the others. */
const limit = 15_000;

/** Rejects only when the whole look is given up. */
export async function askCheck(check: ReadinessCheck, look: Look): Promise<CheckAnswer> {
  const { id, title } = check;
  const started = performance.now();
  const took = () => Math.round(performance.now() - started);
  try {
    const asked = await withLimit(limit, look.context.signal, (signal) => check.ask(look, signal));
    if ('skipped' in asked) return { id, title, state: 'skipped', seen: asked.skipped, lacking: [], took: took() };
    const state = asked.lacking.length > 0 ? 'lacking' : 'good';
    return { id, title, state, seen: asked.seen, lacking: [...asked.lacking], took: took() };
  } catch (error) {
    look.context.signal.throwIfAborted();
    const why = (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
    const unknown = lack('unknown', id, `${title}: ${why.slice(0, 300)}`, check.mend(look));
    return { id, title, state: 'lacking', seen: why, lacking: [unknown], took: took() };
  }
}

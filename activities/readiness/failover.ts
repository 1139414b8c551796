/** The first part of a look: assesses and compiles a failover, and asks each of its steps what it would find. Changes nothing. */

import { Refusal, refusal } from '../../domain/errors.ts';
import type { Assessment } from '../../domain/playbook/assessment.ts';
import { withRemedies } from '../../domain/readiness/mending.ts';
import { type Lacking, readinessOf } from '../../domain/readiness/readiness.ts';
import { assessWith, type Sight } from '../assessment/assess-service.ts';
import type { StepContext } from '../context.ts';
import { compileWith } from '../planning/compile.ts';
import { checkStepsWith, isFinding } from './step-checks.ts';

export interface FailoverAsked {
  readonly lacking: readonly Lacking[];
  /** Absent where none could be made; then what keeps it from being made is what is lacking. */
  readonly assessment?: Assessment;
}

/** @throws ServesThere, and what is wrong with the question or the plan itself */
export async function askFailover(
  { from, to }: { from: string; to: string },
  sight: Sight,
  context: StepContext,
): Promise<FailoverAsked> {
  const { service } = sight.plan;
  const asked = { service, from, to };
  const call = { run: 'preview', procedure: 'failover', at: new Date().toISOString(), ...asked } as const;
  const made = await compiled(call, sight, context.signal).catch((error: unknown) => ({ lack: lackOf(error) }));
  if ('lack' in made) return { lacking: withRemedies([made.lack], asked) };
  const { assessment, playbook } = made;
  if (assessment.serving?.includes(to)) {
    throw refusal(
      'ServesThere',
      `The names of ${service} lead to ${to}: it serves, and is no standby.`,
      `muster readiness ${service} --from ${to} --to ${from}.`,
    );
  }
  const { lacking } = readinessOf(assessment, playbook, await checkStepsWith(playbook, context));
  return { assessment, lacking: withRemedies(lacking, asked) };
}

async function compiled(call: Parameters<typeof assessWith>[0], sight: Sight, signal: AbortSignal) {
  const assessment = await assessWith(call, sight, signal);
  const wanted = { run: call.run, procedure: call.procedure, label: 'manual', assessment };
  return { assessment, playbook: compileWith(sight.plan, wanted, call.procedure).playbook };
}

/** @throws the error itself where it is the question or the plan that is wrong */
function lackOf(error: unknown): Lacking {
  const type = error instanceof Refusal ? error.type : 'not-assessed';
  if (/^(BadInput|SiteUnknown|ServesThere|NoPlans?|Plan[A-Z]\w*|StepTwice)$/.test(type)) throw error;
  const what = error instanceof Error ? error.message : String(error);
  return { level: isFinding(error) ? 'missing' : 'unknown', id: type, what };
}

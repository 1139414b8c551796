/** What a check is given, made by hand around a step's context: no assessment, no Temporal, no points, unless a test has them. */
import type { StepContext } from '../../../activities/context.ts';
import { askCheck, type Look, type ReadinessCheck } from '../../../activities/readiness/check.ts';
import { readinessSchema } from '../../../domain/plan/readiness.ts';
import type { Assessment } from '../../../domain/playbook/assessment.ts';

export function aLook(context: StepContext, parts: Partial<Look> = {}): Look {
  return {
    context,
    sha256: 'a'.repeat(64),
    settings: readinessSchema.parse({}),
    from: 'us-east-1',
    to: 'us-west-2',
    points: async () => ({ points: [], refused: [], unreachable: [] }),
    serviceQuotas: () => Promise.reject(new Error('this test has no quotas')),
    now: new Date(),
    ...parts,
  };
}

/** What of an assessment the checks read. */
export function assessed(parts: Partial<Assessment>): Assessment {
  return {
    ...{ service: 'spacetime', procedure: 'failover', from: 'us-east-1', to: 'us-west-2', plan: '' },
    ...{ at: '2026-01-02T03:15:00.000Z', facts: [], risks: [], hosts: [] },
    ...parts,
  };
}

/** Level and id of what it found lacking, with the whole answer beside. */
export async function found(check: ReadinessCheck, look: Look) {
  const answer = await askCheck(check, look);
  return { ...answer, lacks: answer.lacking.map(({ level, id }) => `${level} ${id}`) };
}

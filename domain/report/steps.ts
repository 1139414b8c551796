/** The report's per-step table, and what the gates found. Pure. */
import { z } from 'zod';
import type { Playbook } from '../playbook/playbook.ts';
import type { StepOutput } from '../run/protocol.ts';
import { type RunStatus, stepStates } from '../run/run.ts';

export const stepRowSchema = z.object({
  /** Number of the stage, from 1, and its title. */
  stage: z.number().int(),
  stageTitle: z.string(),
  rank: z.number().int(),
  /** A step that is repeated after the service is back; it counts neither as work nor as overhead. */
  watch: z.boolean(),
  id: z.string(),
  kind: z.string(),
  title: z.string(),
  state: z.enum(stepStates),
  generation: z.number().int(),
  startedAt: z.string().optional(),
  finishedAt: z.string().optional(),
  /** ms from start to end as the workflow saw it, retries included. */
  took: z.number().optional(),
  /** ms the worker itself was busy. */
  busy: z.number().optional(),
  expected: z.number(),
  queue: z.string().optional(),
  worker: z.string().optional(),
  outcome: z.string().optional(),
  error: z.string().optional(),
  skippedBy: z.string().optional(),
});
export type StepRow = z.infer<typeof stepRowSchema>;

export function stepRows(status: RunStatus): StepRow[] {
  return status.stages.flatMap((stage, index) =>
    stage.ranks.flatMap((steps, rank) =>
      steps.map((step) => ({
        stage: index + 1,
        stageTitle: stage.title,
        rank: rank + 1,
        watch: stage.type === 'watch',
        id: step.id,
        kind: step.kind,
        title: step.title,
        state: step.state,
        generation: step.generation,
        startedAt: step.startedAt,
        finishedAt: step.finishedAt,
        took:
          step.startedAt !== undefined && step.finishedAt !== undefined
            ? Date.parse(step.finishedAt) - Date.parse(step.startedAt)
            : undefined,
        busy: step.busy,
        expected: step.expected,
        queue: step.queue,
        worker: step.worker,
        outcome: step.outcome,
        error: step.error ? `${step.error.type}: ${step.error.message}` : undefined,
        skippedBy: step.skippedBy,
      })),
    ),
  );
}

export interface GateRow {
  title: string;
  outcome: string;
  short: { step: string; outcome: string }[];
  acceptedBy?: string | undefined;
}

/** Which steps did not reach the outcome that a gate asks for: the hosts that were not fenced. */
export function gatesOf(
  playbook: Playbook | undefined,
  status: RunStatus,
  outputs: Readonly<Record<string, StepOutput | undefined>>,
): GateRow[] {
  const steps = new Map(status.stages.flatMap((stage) => stage.ranks.flat()).map((step) => [step.id, step]));
  const gates = (playbook?.items ?? []).filter((item) => item.type === 'gate');
  return gates.map((gate) => ({
    title: gate.title,
    outcome: gate.outcome,
    short: gate.steps.flatMap((id) => {
      const step = steps.get(id);
      const outcome = outputs[id]?.outcome ?? step?.outcome;
      if (outcome === gate.outcome) return [];
      return [{ step: id, outcome: outcome ?? step?.state ?? 'not run' }];
    }),
    acceptedBy: status.risks.find((risk) => risk.id === gate.risk)?.acceptedBy,
  }));
}

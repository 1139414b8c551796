/** The workflow that a drill of the plan has started for itself: found again by the memo it was started with, whichever attempt asks. */
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { z } from 'zod';
import { exerciseId } from '../../../domain/drills/exercise.ts';
import { nameSchema } from '../../../domain/plan/values.ts';
import { workflowIdOf } from '../../../domain/playbook/procedures.ts';
import type { StepContext } from '../../context.ts';

export const rehearsalSchema = z.object({
  service: nameSchema,
  kind: z.enum(['isolated', 'exercise']),
  /** Of the plan's drill. */
  drill: z.string(),
  /** ms that it stands for people to look at. */
  hold: z.number().int().positive(),
  /** ms that people may take before it. */
  within: z.number().int().positive(),
  /** ms that a failed step of it waits for somebody before all of it is put back; an exercise's moves wait for ever. */
  patience: z.number().int().positive(),
});
export type RehearsalInput = z.output<typeof rehearsalSchema>;

export interface Started {
  readonly running: boolean;
  /** `drill-2026…#1`: the drill that started it, and the generation of its step; undefined where no drill did. */
  readonly mark: string | undefined;
}

export function rehearsalId({ service, kind }: Pick<RehearsalInput, 'service' | 'kind'>): string {
  return kind === 'exercise' ? exerciseId(service) : workflowIdOf(service, 'isolated-drill');
}

/** What stands in the memo of what a drill starts; a step that somebody retries starts another. */
export function markOf({ run, generation }: Pick<StepContext, 'run' | 'generation'>): string {
  return `${run}#${generation}`;
}

/** Undefined where nothing of the kind ever ran. */
export async function startedBefore(temporal: Client, input: RehearsalInput): Promise<Started | undefined> {
  try {
    const { status, memo } = await temporal.workflow.getHandle(rehearsalId(input)).describe();
    return { running: status.name === 'RUNNING', mark: memo?.rehearsalOf as string | undefined };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

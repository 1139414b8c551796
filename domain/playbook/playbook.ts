/**
 * A playbook: the concrete, ordered list of what one run will do. Compiled from plan and assessment, hashed, approved,
 * then executed by the interpreter. It holds decisions only (no clock readings, no measurements), so that its hash
 * changes exactly when what would be done changes.
 */
import { z } from 'zod';
import { drillInPlaybookSchema } from '../drills/in-playbook.ts';
import { procedures } from './procedures.ts';

export const stepSchema = z.object({
  /** Unique in the playbook, readable: `restore-database`, `start-instance-app`. */
  id: z.string().regex(/^[a-z0-9][a-z0-9-]*$/),
  /** The activity type people see in the UI. */
  kind: z.string(),
  version: z.number().int().positive(),
  title: z.string(),
  /** Concrete input of the step, JSON. */
  input: z.record(z.string(), z.unknown()),
  queue: z.string(),
  /** Tried when nobody polls `queue`. */
  fallback: z.string(),
  limits: z.object({
    /** One attempt, ms. */
    startToClose: z.number().int().positive(),
    /** ms; mutating steps at most 5000. */
    heartbeat: z.number().int().positive(),
    /** ms that an attempt may wait for a worker before the fallback queue is tried. */
    scheduleToStart: z.number().int().positive(),
    /** All attempts together, ms; then a person decides. */
    budget: z.number().int().positive(),
    /** Attempts at most, where less than the budget allows is too much: a source that died must not be asked for hours. */
    attempts: z.number().int().positive().optional(),
  }),
  /** Put back by an abort before the point of no return. */
  undoable: z.boolean(),
  /** False where putting back needs no note of what was there before. Absent, also in older playbooks: it is noted. */
  noted: z.literal(false).optional(),
  /** Put back before everything else: what users wait for. */
  putBack: z.literal('first').optional(),
  /** Location whose lease alone is needed to put it back: the other site may be what is gone. */
  lease: z.string().optional(),
  /** Ids of earlier steps whose outputs it is given. */
  needs: z.array(z.string()),
  /** When false, a failure is reported and the run goes on (notices, monitoring). */
  required: z.boolean(),
  /** ms it is expected to take; 0 where nothing is known. For the time left. Not part of the decisions. */
  expected: z.number().int().nonnegative(),
  /** ms after which it is named as stuck while it runs. Not part of the decisions. */
  slow: z.number().int().positive().optional(),
});
export type Step = z.infer<typeof stepSchema>;

export const stageSchema = z.object({
  type: z.literal('stage'),
  title: z.string(),
  /** Ranks run one after another; the steps of a rank side by side. */
  ranks: z.array(z.array(stepSchema).min(1)).min(1),
  /** Goes on beside the stages after it; the next gate or point of no return waits for it. */
  alongside: z.literal(true).optional(),
});
export type Stage = z.infer<typeof stageSchema>;

/** Passes when every named step's output has `outcome: 'fenced'`, or when the risk was accepted by name. */
export const gateSchema = z.object({
  type: z.literal('gate'),
  title: z.string(),
  steps: z.array(z.string()),
  outcome: z.string(),
  risk: z.string(),
});
export type Gate = z.infer<typeof gateSchema>;

export const pointOfNoReturnSchema = z.object({
  type: z.literal('pointOfNoReturn'),
  title: z.string(),
  /** Location whose lease alone is needed from here on: the site that was left may die, and its users are served elsewhere. */
  lease: z.string().optional(),
});
export type PointOfNoReturn = z.infer<typeof pointOfNoReturnSchema>;

/** Repeats a step for a while after the service is back. */
export const watchSchema = z.object({
  type: z.literal('watch'),
  title: z.string(),
  /** ms */
  for: z.number().int().nonnegative(),
  /** ms */
  every: z.number().int().positive(),
  step: stepSchema,
});
export type Watch = z.infer<typeof watchSchema>;

export const playbookSchema = z.object({
  format: z.literal(1),
  run: z.string(),
  /** Rises each time the plan of a run that goes on is changed; absent at first. Part of what is approved. */
  revision: z.number().int().min(2).optional(),
  service: z.string(),
  procedure: z.enum(procedures),
  from: z.string(),
  to: z.string(),
  /** The pinned recovery point (to restore, or to be written by a backup). */
  point: z.string().optional(),
  /** Ids of the risks that stand; the approver accepts each by name. */
  risks: z.array(z.string()),
  /** `putBack`: before the point of no return a required step that fails is not asked about; what was changed is put back at once. */
  onFailure: z.literal('putBack').optional(),
  /** `putBack`: whatever was changed is put back at the end too, and what `steady` sees then decides. */
  atEnd: z.literal('putBack').optional(),
  items: z.array(z.discriminatedUnion('type', [stageSchema, gateSchema, pointOfNoReturnSchema, watchSchema])).min(1),
  /** What is rehearsed; absent in a playbook that is none. */
  drill: drillInPlaybookSchema.optional(),
  /** Muster's id of the drill of the plan that it is the work of: that one counts as the drill. */
  partOf: z.string().optional(),
  /** Looks after something was put back: what is true now. They only read, and fail nothing. */
  steady: z.array(stepSchema).optional(),
});
export type Playbook = z.infer<typeof playbookSchema>;
export type PlaybookItem = Playbook['items'][number];

/** Every step of a playbook, in order. */
export function stepsOf(playbook: Playbook): Step[] {
  return playbook.items.flatMap((item) => {
    if (item.type === 'stage') return item.ranks.flat();
    return item.type === 'watch' ? [item.step] : [];
  });
}

/** What the hash is taken over: the playbook without the estimates. RFC 8785 bytes of this are hashed with SHA-256. */
export function decisionsOf(playbook: Playbook): unknown {
  const plain: Playbook = JSON.parse(JSON.stringify(playbook));
  return { ...plain, items: plain.items.map(withoutEstimates) };
}

/** A step without what earlier runs say of its time. */
export function withoutEstimate({ expected: _estimate, slow: _slow, ...step }: Step): Omit<Step, 'expected' | 'slow'> {
  return step;
}

/** Only a step's own estimate goes: its input may have an `expected` too (files that a restore must bring back). */
function withoutEstimates(item: PlaybookItem): unknown {
  if (item.type === 'stage') return { ...item, ranks: item.ranks.map((rank) => rank.map(withoutEstimate)) };
  return item.type === 'watch' ? { ...item, step: withoutEstimate(item.step) } : item;
}

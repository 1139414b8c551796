/** What a look at readiness answers, as it is printed and as it lies in the storage locations. */
import { z } from 'zod';

const lackingSchema = z.object({
  level: z.enum(['missing', 'late', 'unknown']),
  id: z.string(),
  what: z.string(),
  mend: z.string().optional(),
});

const answerSchema = z.object({
  id: z.string(),
  title: z.string(),
  /** `skipped`: the plan has nothing of the kind. */
  state: z.enum(['good', 'lacking', 'skipped']),
  /** For people. */
  seen: z.string(),
  lacking: z.array(lackingSchema),
  /** ms */
  took: z.number(),
});
export type CheckAnswer = z.infer<typeof answerSchema>;

export const readinessResultSchema = z.object({
  format: z.literal(1),
  service: z.string(),
  from: z.string(),
  to: z.string(),
  /** When it was looked, ISO. */
  at: z.iso.datetime(),
  ready: z.boolean(),
  /** 0 to 100. */
  score: z.number().int().min(0).max(100),
  /** The worst first. */
  lacking: z.array(lackingSchema),
  /** The one thing to mend first. */
  first: lackingSchema.optional(),
  /** The point that a failover would restore. */
  point: z.string().optional(),
  /** Of the plan that was asked about, SHA-256, hex. */
  plan: z.string(),
  checks: z.array(answerSchema),
  /** Task queue of the worker that looked; absent for a person's machine. */
  queue: z.string().optional(),
});
export type ReadinessResult = z.infer<typeof readinessResultSchema>;

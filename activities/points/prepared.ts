/** What `preparePoint` hands to the steps after it, found among the outputs a step is given. */
import { z } from 'zod';
import { refusal } from '../../domain/errors.ts';
import { filters } from '../../domain/plan/encryption.ts';
import { pointIdSchema } from '../../domain/points/recovery-point.ts';

export const preparedSchema = z.object({
  /** The id that was free; captures write under it even where another was planned. */
  point: pointIdSchema,
  /** Public certificate of the point's key, PEM. */
  certificate: z.string(),
  sealedKey: z.object({
    key: z.string(),
    sha256: z.string(),
    recipients: z.array(z.object({ name: z.string(), sha256: z.string() })),
    encryption: z.enum(filters).optional(),
  }),
  location: z.string(),
});
export type Prepared = z.infer<typeof preparedSchema>;

export const committedSchema = z.object({
  point: pointIdSchema,
  manifestSha256: z.string(),
  bytes: z.number(),
  storedBytes: z.number(),
  takenAt: z.string(),
  warnings: z.number(),
});
export type Committed = z.infer<typeof committedSchema>;

export const capturedSchema = z.object({
  /** `full`, `incremental on 20260102_031500`. */
  outcome: z.string().optional(),
  component: z.string(),
  /** Key of the component's record. */
  record: z.string(),
  recordSha256: z.string(),
  bytes: z.number(),
  storedBytes: z.number(),
  entries: z.number(),
  warnings: z.number(),
  takenAt: z.string(),
});
export type Captured = z.infer<typeof capturedSchema>;

/** The outputs that have this shape, in the order of their steps. */
export function outputsLike<T>(schema: z.ZodType<T>, outputs: Readonly<Record<string, unknown>>): T[] {
  return Object.values(outputs).flatMap((output) => {
    const parsed = schema.safeParse(output);
    return parsed.success ? [parsed.data] : [];
  });
}

/** Refusal `StepOrder` when no such step of this run has a result. */
export function outputOf<T>(schema: z.ZodType<T>, outputs: Readonly<Record<string, unknown>>, kind: string): T {
  const [found] = outputsLike(schema, outputs);
  if (found !== undefined) return found;
  throw refusal(
    'StepOrder',
    `Step ${kind} of this run has no result; it was skipped.`,
    'abort this run and start it again.',
  );
}

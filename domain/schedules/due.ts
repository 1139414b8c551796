/** Input and answer of the workflow `scheduled`: what is due, and how it comes to its turn. */
import { z } from 'zod';
import { type Announced, announcesSchema } from '../drills/announcing.ts';
import { nameSchema } from '../plan/values.ts';
import { procedures } from '../playbook/procedures.ts';
import { requestFields } from '../run/requests.ts';

export const dueSchema = z.object({
  service: nameSchema,
  /** Of the schedule, or of what else asked: `webhook`, `priority`. */
  name: nameSchema,
  procedure: z.enum(procedures),
  ...requestFields,
  label: z.string().min(1),
  by: z.string().min(1),
  reason: z.string().default(''),
  /** Site to read, where it is not the one to which the name leads. */
  from: nameSchema.optional(),
  overlap: z.enum(['wait', 'skip']),
  /** ms */
  wait: z.number().int().nonnegative(),
  /** ms; see the run's input. */
  patience: z.number().int().positive().optional(),
  onChange: z.boolean().default(false),
  /** Before the others that wait. */
  first: z.boolean().default(false),
  catchUp: z.object({ after: z.number().int().positive(), every: z.number().int().positive() }).optional(),
  /** A run of the temporary schedule itself. */
  catchingUp: z.boolean().default(false),
  /** A run of the temporary schedule that looks daily at the recovery points until a look of this depth passes. */
  validating: z.enum(['hashes', 'full']).optional(),
  /** Starts nothing: tells people ahead of what another schedule starts. */
  announces: announcesSchema.optional(),
  /** Muster's run id of the run that is started. */
  run: z.string().optional(),
});
export type Due = z.input<typeof dueSchema>;
export type DueInput = z.output<typeof dueSchema>;

export interface DueResult {
  readonly outcome: 'done' | 'skipped' | 'unchanged' | 'caught up' | 'passed' | 'not due' | 'announced';
  /** One sentence for people. */
  readonly why: string;
  /** Muster's id of the run that was made. */
  readonly run?: string;
  readonly point?: string;
  /** Of what was looked at, where the schedule is `onChange`. */
  readonly fingerprint?: string;
  /** When the last point of it was asked for, ISO. */
  readonly backedUpAt?: string;
  /** What was told ahead of which time, where the schedule announces. */
  readonly announced?: Announced;
}

/** Where those who go first while they wait are seen by the others that wait. */
export function firstInLineId(service: string): string {
  return `${service}/first-in-line`;
}

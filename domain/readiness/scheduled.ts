/** Input and answer of the workflow `readiness`. */
import { z } from 'zod';
import { nameSchema } from '../plan/values.ts';
import type { LookMemory } from './change.ts';

/** No schedule of the plan may have this name while it has looks of its own. */
export const readinessName = 'readiness';

export const lookInputSchema = z.object({
  service: nameSchema,
  /** The site that is asked first; the worker finds out when another one serves by now. */
  standby: z.string(),
  /** Site to the queue of its region: what can be reached is true of where it is asked. */
  queues: z.record(z.string(), z.string()),
  fallback: z.string(),
});
export type LookInput = z.infer<typeof lookInputSchema>;

/** What a look answers, and the next one begins with. */
export interface LookAnswer extends LookMemory {
  readonly outcome: 'ready' | 'not ready' | 'stands aside';
  /** One sentence for people. */
  readonly why: string;
  readonly standby: string;
  readonly score?: number;
}

/** What one drill is asked for, in the run's input. */
import { z } from 'zod';
import { nameSchema } from '../plan/values.ts';

/**
 * Faults that are put in on purpose. `damaged-part`: a part of each component is served with other bytes, from every location.
 * `truncated-copy`: a restored file loses its last byte before it is looked at. `worker-lost`: the first attempt ends without a word.
 */
export const drillFaults = ['damaged-part', 'truncated-copy', 'worker-lost'] as const;
export type DrillFault = (typeof drillFaults)[number];

export const drillRequestSchema = z.strictObject({
  /** Of the plan's drills; absent where it only sweeps. */
  name: nameSchema.optional(),
  fault: z.enum(drillFaults).optional(),
  /** Nothing is rehearsed: what earlier drills have left is taken away. */
  sweep: z.literal(true).optional(),
});

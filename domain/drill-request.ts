/** What one drill is asked for, in the run's input. */
import { z } from 'zod';
import { nameSchema } from './plan-values.ts';

export const drillRequestSchema = z.strictObject({
  /** Of the plan's drills. */
  name: nameSchema,
});

/** The plan's retention as a step's input: already checked, its durations already in ms. */
import { z } from 'zod';
import type { Retention } from '../../domain/plan/retention.ts';

export const retentionInput = z.custom<Retention>((value) => Array.isArray((value as Retention)?.rules), {
  error: 'the retention of the plan',
});

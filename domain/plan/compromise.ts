/** What changes hands after a breach: secrets that an intruder may know. Commands of the plan's own, or what a person does; each is confirmed. */
import { z } from 'zod';
import { nameSchema, someTime } from './values.ts';

const byHand = z.strictObject({ title: z.string().min(1), instructions: z.string().min(1) });
const byCommand = z.strictObject({
  title: z.string().min(1),
  run: z.string().min(1),
  on: z.union([z.literal('worker'), nameSchema]).default('worker'),
  limit: someTime.default(60_000),
});

export const compromiseSchema = z.strictObject({
  /** Runs on the clean site after its data is checked, before the service starts. */
  rotate: z.array(z.union([byCommand, byHand])).min(1),
});

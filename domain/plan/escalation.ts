/** Who is told next when nobody answers, and when: the plan's block, and what of it goes with a run. */
import { z } from 'zod';
import { durationSchema } from '../duration.ts';
import { type Level, levels } from '../notices/events.ts';
import { eventSchema, levelSchema, type NoticeReceiver } from './notices.ts';
import { nameSchema } from './values.ts';

/** ms, as the runbooks' alert tables have it. */
const defaultResponse: Readonly<Record<Level, number>> = { P0: 0, P1: 3_600_000, P2: 14_400_000, P3: 86_400_000 };

const stepSchema = z.strictObject({
  /** Of which notices; of all where neither is named. */
  severities: z.array(levelSchema).min(1).optional(),
  events: z.array(eventSchema).min(1).optional(),
  /** How long after people were told; the response time of its severity where absent. */
  after: durationSchema.optional(),
  /** Receivers, by name. */
  to: z.array(nameSchema).min(1),
});

export const escalationSchema = z.strictObject({
  /** How long people have before the next are told. */
  response: z
    .strictObject({
      P0: durationSchema.optional(),
      P1: durationSchema.optional(),
      P2: durationSchema.optional(),
      P3: durationSchema.optional(),
    })
    .default({}),
  steps: z.array(stepSchema).default([]),
  /** The same is not said again within this time, unless it got worse. */
  quiet: durationSchema.optional(),
  /** Other severities than the table's, by event. */
  severities: z.partialRecord(eventSchema, levelSchema).default({}),
});
export type Escalation = z.output<typeof escalationSchema>;

/** What a run is given of it; plain data, times in ms. */
export const noticePolicySchema = z.object({
  response: z.record(levelSchema, z.number()),
  steps: z.array(
    z.object({
      severities: z.array(levelSchema).optional(),
      events: z.array(z.string()).optional(),
      after: z.number().optional(),
      to: z.array(z.string()),
    }),
  ),
  quiet: z.number().optional(),
  severities: z.partialRecord(z.string(), levelSchema),
});
export type NoticePolicy = z.output<typeof noticePolicySchema>;

/** Undefined where nothing has to be followed up: no such block, and no receiver that keeps incidents. */
export function noticePolicyOf(plan: {
  readonly notices: readonly NoticeReceiver[];
  readonly escalation?: Escalation;
}): NoticePolicy | undefined {
  const keepsIncidents = plan.notices.some(
    (each) => each.kind === 'pagerduty' || (each.kind === 'webhook' && each.secret),
  );
  if (!plan.escalation && !keepsIncidents) return undefined;
  const { response = {}, steps = [], quiet, severities = {} } = plan.escalation ?? {};
  const within = Object.fromEntries(levels.map((level) => [level, response[level] ?? defaultResponse[level]]));
  return { response: within as Record<Level, number>, steps, ...(quiet === undefined ? {} : { quiet }), severities };
}

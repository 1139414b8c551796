/** What a plan says about keeping: rules by label and location, how much one run may delete, and what may grow cold. */
import { z } from 'zod';
import { durationSchema, formatDuration, parseDuration } from '../duration.ts';
import { backupKinds } from '../run/requests.ts';
import { nameSchema } from './values.ts';

export const periods = ['last', 'hourly', 'daily', 'weekly', 'monthly', 'yearly'] as const;
export type Period = (typeof periods)[number];

const count = z.number().int().positive().optional();

/** Grandfather, father, son: the newest point of so many hours, days, weeks, months and years that have one. UTC. */
const countsSchema = z
  .strictObject({ last: count, hourly: count, daily: count, weekly: count, monthly: count, yearly: count })
  .refine((counts) => Object.keys(counts).length > 0, {
    error: 'nothing is counted, so nothing would be kept. Try: { daily: 7, weekly: 4, monthly: 12, yearly: 3 }',
  });

/** An age in ms, or a word. `none`: it does not stay at these locations. */
const ageSchema = z
  .string()
  .regex(/^(indefinite|none|(\d+(\.\d+)?(ms|s|m|h|d))+)$/, {
    error: 'this is no time to keep anything for. Try: 30d, 24h, indefinite, none, or { daily: 7, weekly: 4 }',
  })
  .transform((text): number | 'indefinite' | 'none' =>
    text === 'indefinite' || text === 'none' ? text : parseDuration(text),
  );

const ruleSchema = z.strictObject({
  /** Labels of the points it speaks of; all when absent. So with the others. */
  labels: z.array(z.string().min(1)).min(1).optional(),
  kinds: z.array(z.enum(backupKinds)).min(1).optional(),
  /** Points that hold these components and no others. */
  components: z.array(nameSchema).min(1).optional(),
  locations: z.array(nameSchema).min(1).optional(),
  keep: z.union([ageSchema, countsSchema]),
});
export type RetentionRule = z.infer<typeof ruleSchema>;

const shareSchema = z
  .string()
  .regex(/^(100|\d{1,2})%$/, { error: 'a share is a percentage. Try: 30%' })
  .transform((text) => Number(text.slice(0, -1)) / 100);

const coldSchema = z.strictObject({
  location: nameSchema,
  /** Storage class of the store: GLACIER, STANDARD_IA, Archive. */
  class: z.string().min(1),
  /** Archives move when no point of this long needs them. */
  window: durationSchema,
});
export type ColdRule = z.infer<typeof coldSchema>;

export const retentionSchema = z.strictObject({
  /** A point stays while any rule keeps it, and where no rule speaks of it. */
  rules: z.array(ruleSchema).min(1),
  /** The most that one run may delete at one location. */
  budget: z
    .strictObject({ points: z.number().int().positive().default(50), share: shareSchema.prefault('30%') })
    .prefault({}),
  /** Nothing newer is touched; what a dead backup left is debris only after this. */
  grace: durationSchema
    .refine((ms) => ms >= 3_600_000, { error: 'a backup may take that long. Try: 24h' })
    .prefault('24h'),
  /** How long a quarantined point is kept to be looked at; until a person deletes it when absent. */
  quarantine: durationSchema.optional(),
  cold: z.array(coldSchema).default([]),
});
export type Retention = z.infer<typeof retentionSchema>;

/** `daily at company-backups: 7 daily, 4 weekly` */
export function describeRule({ labels, kinds, components, locations, keep }: RetentionRule): string {
  const what = [kinds?.join(' or '), labels?.join(' or '), components?.join(' and ')].filter(Boolean).join(' ');
  const where = locations ? ` at ${locations.join(' and ')}` : '';
  return `${what || 'everything'}${where}: ${describeKeep(keep)}`;
}

function describeKeep(keep: RetentionRule['keep']): string {
  if (typeof keep === 'number') return formatDuration(keep);
  if (typeof keep === 'string') return keep;
  return periods.flatMap((period) => (keep[period] ? [`${keep[period]} ${period}`] : [])).join(', ');
}

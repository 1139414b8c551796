/** Input and answers of the workflow `periodReport`. */
import { z } from 'zod';
import { nameSchema } from '../plan/values.ts';

/** Names of its Schedules; no schedule of the plan may have them while it has reports of its own. */
export const reportNames = { month: 'report-month', quarter: 'report-quarter' } as const;
export type ReportKind = keyof typeof reportNames;

/** When the newest of each kind was left, ms; a kind that nobody has seen is left out. */
export type NewestPeriods = Readonly<Partial<Record<ReportKind, number>>>;

export const periodInputSchema = z.object({
  service: nameSchema,
  /** `last-month` and `last-quarter` are those that had ended when it was due; or one by name: `2026-10`, `2026-Q3`. */
  period: z.string().regex(/^(last-(month|quarter)|\d{4}-(Q[1-4]|0[1-9]|1[0-2]))$/),
  /** The report of all services too. */
  estate: z.boolean().default(false),
  fallback: z.string().min(1).default('muster-fallback'),
  /** ms between two tries while a place does not take it, and how many there are: a day of them. */
  again: z.number().int().positive().default(3_600_000),
  tries: z.number().int().positive().max(100).default(24),
});
export type PeriodInput = z.input<typeof periodInputSchema>;

/** What the activity `makePeriod` is asked for. */
export interface PeriodCall {
  readonly service: string;
  /** By name: `2026-10` */
  readonly period: string;
  readonly estate: boolean;
}

/** What it answers: the report itself stays where it was left. */
export interface MadePeriod {
  /** `west: spacetime/periods/2026-10/period.html` */
  readonly places: readonly string[];
  /** Places that did not take all of it, and why. */
  readonly missed: readonly string[];
  /** One sentence: objectives and findings. */
  readonly told: string;
}

/** What the workflow answers where some place has the report; it fails where none has. */
export interface PeriodAnswer {
  readonly outcome: 'stored' | 'partly stored';
  /** One sentence for people. */
  readonly why: string;
  readonly period: string;
  readonly places: readonly string[];
}

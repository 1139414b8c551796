/** What a report of a month or a quarter says of a service, and of all of them. Times are ISO in UTC, lengths ms. */
import { z } from 'zod';
import { procedures } from '../playbook/procedures.ts';

/** A run belongs to one of them; log shipments and clean-ups are counted together as `other`. */
export const runGroups = ['drill', 'backup', 'restore', 'move', 'verification', 'other'] as const;
export type RunGroup = (typeof runGroups)[number];

const runSchema = z.object({
  run: z.string(),
  procedure: z.enum(procedures),
  group: z.enum(runGroups),
  result: z.string(),
  ended: z.string(),
  took: z.number(),
  waited: z.number(),
  /** Of what restores; as its own report says. */
  rto: z.string().optional(),
  rpo: z.string().optional(),
});
export type PeriodRun = z.infer<typeof runSchema>;

const objectiveSchema = z.object({
  name: z.string(),
  /** `99 %`, `100.0 MB/s` */
  target: z.string(),
  achieved: z.string().optional(),
  /** `unknown`: nothing happened that it could be judged by, or nobody saw it. */
  verdict: z.enum(['met', 'missed', 'unknown']),
  /** What it is judged by. */
  basis: z.string(),
});
export type PeriodObjective = z.infer<typeof objectiveSchema>;

const findingSchema = z.object({
  what: z.string(),
  text: z.string(),
  run: z.string().optional(),
  /** The later run of the same procedure that was done; absent while it is open. */
  closedBy: z.string().optional(),
});
export type PeriodFinding = z.infer<typeof findingSchema>;

const trendSchema = z.object({
  what: z.string(),
  unit: z.enum(['count', 'ms', 'bytes', 'percent']),
  now: z.number().optional(),
  before: z.number().optional(),
  /** Which way is good; `neither` where a change is just one. */
  better: z.enum(['up', 'down', 'neither']),
});
export type PeriodTrend = z.infer<typeof trendSchema>;

const unreadSchema = z.object({ place: z.string(), run: z.string().optional(), why: z.string() });

export const periodReportSchema = z.object({
  format: z.literal(1),
  service: z.string(),
  title: z.string(),
  period: z.object({ name: z.string(), from: z.string(), to: z.string() }),
  /** When it was counted; before the end of the period it is a part of it only, and says so. */
  madeAt: z.string(),
  whole: z.boolean(),
  counts: z.array(z.object({ group: z.enum(runGroups), runs: z.number(), done: z.number() })),
  objectives: z.array(objectiveSchema),
  trends: z.array(trendSchema),
  findings: z.array(findingSchema),
  /** Findings beyond what is kept. */
  findingsLeftOut: z.number(),
  points: z.object({
    taken: z.number(),
    states: z.record(z.string(), z.number()),
    /** Newest of all that were seen, also of later ones. */
    newest: z.string().optional(),
  }),
  /** Newest last; of many what tells something: log shipments that were done are only counted. */
  runs: z.array(runSchema),
  runsLeftOut: z.number(),
  /** Places that did not answer, and reports that could not be read: what they alone had is not counted here. */
  unread: z.array(unreadSchema),
});
export type PeriodReport = z.infer<typeof periodReportSchema>;

export const estateReportSchema = z.object({
  format: z.literal(1),
  period: z.object({ name: z.string(), from: z.string(), to: z.string() }),
  madeAt: z.string(),
  services: z.array(periodReportSchema),
  /** Services of which nothing could be said, and why. */
  unread: z.array(z.object({ service: z.string(), why: z.string() })),
});
export type EstateReport = z.infer<typeof estateReportSchema>;

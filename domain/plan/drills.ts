/** What is rehearsed, how often, who takes part, and what people answer before, during and after it: the drills of a plan. */
import { z } from 'zod';
import { procedures, traitsOf } from '../playbook/procedures.ts';
import { dueFields, offsetTooLong } from './due.ts';
import { absolutePath, nameSchema, someTime } from './values.ts';

/** What an item wants of the person who answers: that it was done, yes or no (`no` is a finding), or words. */
const asks = ['done', 'yes-no', 'text'] as const;

const itemSchema = z.strictObject({
  title: z.string().min(1).max(120),
  instructions: z.string().default(''),
  ask: z.enum(asks).default('done'),
});
export type DrillItem = z.output<typeof itemSchema>;

const itemsSchema = z.array(itemSchema).default([]);

const roleSchema = z.string().min(1).max(60);

/** Who takes part. `people`, as under an approval: only they speak for the role; anybody where absent. */
const participantSchema = z.strictObject({ role: roleSchema, people: z.array(z.string().min(1)).min(1).optional() });

const common = {
  name: nameSchema.max(40),
  /** Without `cron` and `every` it is held by hand only. */
  ...dueFields,
  participants: z.array(participantSchema).default([]),
  checklist: z.strictObject({ before: itemsSchema, during: itemsSchema, after: itemsSchema }).prefault({}),
  /** Roles that sign at the end, each by another person. */
  signOff: z.array(roleSchema).default([]),
  /** How long an item waits for its answer; then the drill ends as failed, aloud. */
  answerWithin: someTime.default(7 * 86_400_000),
  /** People are told so long before it is due. */
  notice: someTime.optional(),
  /** More of the kind, with what is to be done then. */
  reminders: z.array(z.strictObject({ before: someTime, text: z.string().min(1) })).default([]),
};

/** At the other site, or on hosts of its own, for people to look at. */
const hold = (usual: number) =>
  someTime.refine((ms) => ms <= 30 * 86_400_000, { error: 'a drill holds for 30d at most. Try: 4h' }).default(usual);

export const drillSchema = z
  .discriminatedUnion('kind', [
    /** Every component into a scratch place, looked at, removed. */
    z.strictObject({ ...common, kind: z.literal('restore-test') }),
    /** Only these files and folders. */
    z.strictObject({ ...common, kind: z.literal('partial-restore'), paths: z.array(absolutePath).min(1) }),
    /** Only these components. */
    z.strictObject({ ...common, kind: z.literal('component'), components: z.array(nameSchema).min(1) }),
    /** Nothing is done: the playbook of a procedure is talked through, stage by stage. */
    z.strictObject({
      ...common,
      kind: z.literal('tabletop'),
      procedure: z
        .enum(procedures)
        .refine((procedure) => traitsOf(procedure).approval, {
          error: 'what goes without a go of people is run, not talked through. Try: failover',
        })
        .default('failover'),
    }),
    /** A failover on hosts of its own (`isolation`), which stands for so long at most, until people have looked at it. */
    z.strictObject({ ...common, kind: z.literal('isolated'), hold: hold(4 * 3_600_000) }),
    /** Out with real traffic, there for so long, and home; each move goes by signatures only. */
    z.strictObject({ ...common, kind: z.literal('exercise'), hold: hold(3_600_000) }),
  ])
  .superRefine((drill, context) => {
    const say = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    if (drill.cron !== undefined && drill.every !== undefined)
      say('cron', 'a drill has one of cron and every. Try: cron: "0 10 * 1,4,7,10 6#1" (first Saturday of a quarter)');
    if (offsetTooLong(drill)) say('offset', 'the offset is shorter than every. Try: leave it out');
    const timed = drill.cron !== undefined || drill.every !== undefined;
    if (!timed && (drill.notice !== undefined || drill.reminders.length > 0))
      say('notice', 'what has no time is not announced ahead of it. Try: add cron or every');
    if (new Set(drill.signOff).size < drill.signOff.length)
      say('signOff', 'a role signs once. Try: [DR Coordinator, Engineering Manager]');
  });
export type Drill = z.output<typeof drillSchema>;
export type DrillKind = Drill['kind'];

export const drillsSchema = z.array(drillSchema);

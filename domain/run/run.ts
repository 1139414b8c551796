/** A run as people see it: its input, the decisions they send, and the one `status` answer. */
import { z } from 'zod';
import { approvalBeforeSchema, takenApprovalSchema } from '../approvals/taken-approval.ts';
import { nameSchema } from '../plan/values.ts';
import { factSchema, pointSummarySchema, riskSchema } from '../playbook/assessment.ts';
import { procedures } from '../playbook/procedures.ts';
import { goesOnSchema } from '../playbook/replan.ts';
import { pointIdSchema } from '../points/recovery-point.ts';
import { requestFields } from './requests.ts';

/** Input of every procedure's workflow: one object, small enough to type into the UI's form. */
export const runInputSchema = z.object({
  /** Must be the procedure of the workflow type, so that a pre-filled old input starts nothing else. */
  procedure: z.enum(procedures),
  service: nameSchema,
  /** The site that is lost, or where it happens in place. Where absent: the plan's primary for a failover, else where the name leads. */
  from: nameSchema.optional(),
  /** The site that is to serve; the plan's standby where absent. */
  to: nameSchema.optional(),
  /** A recovery point id; the newest usable one where absent. */
  point: pointIdSchema.optional(),
  by: z.string().min(1),
  reason: z.string().default(''),
  label: z.string().default('manual'),
  /** For planned moves: when it is to begin; approved before. Nothing begins after `until`, the end of the maintenance window. */
  at: z.iso.datetime({ offset: true }).optional(),
  until: z.iso.datetime({ offset: true }).optional(),
  ...requestFields,
  /** ms that a failed step waits for a decision before the run ends as failed. Without it, it waits for somebody for ever. */
  patience: z.number().int().positive().optional(),
  /** Muster's own run id; made by the workflow where absent. */
  run: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/, { error: 'a run id is letters, digits, _ and -' })
    .optional(),
  /** Written by a run for itself when its plan changes; nobody types it. */
  goesOn: goesOnSchema.optional(),
});
export type RunInput = z.input<typeof runInputSchema>;

/** Person and words of every decision. */
const attributed = { by: z.string().min(1), reason: z.string().optional() };

/** Of what is signed: what it is for, so that it holds nowhere else, and the signature. */
const bound = {
  /** What it is for, so that it holds nowhere else. Wanted where it is signed; compared wherever it is said. */
  run: z.string().optional(),
  service: z.string().optional(),
  procedure: z.string().optional(),
  /** When it was given and until when it is good, ISO. */
  at: z.iso.datetime().optional(),
  until: z.iso.datetime().optional(),
  /** SSH signature (`ssh-keygen -Y sign`) over the RFC 8785 bytes of all the other fields, by one of the plan's allowed signers. */
  signature: z.string().max(8_192).optional(),
};

export const approvalSchema = z.object({
  ...attributed,
  decision: z.enum(['go', 'no-go']),
  /** SHA-256 of the playbook, hex, as shown. */
  playbook: z.string(),
  /** Ids of the risks that are accepted. */
  accept: z.array(z.string()).default([]),
  ...bound,
  /** One person decides alone, with a reason. */
  emergency: z.literal(true).optional(),
});
export type Approval = z.input<typeof approvalSchema>;

export const operatorSchema = z.object(attributed);
export const stepDecisionSchema = z.object({ ...attributed, step: z.string().min(1) });
/** A manual step was done; with an answer where it asks for one. */
export const confirmSchema = stepDecisionSchema.extend({ answer: z.string().max(4_000).optional() });
export const skipSchema = z.object({ ...attributed, step: z.string().min(1), reason: z.string().min(1) });
export const handoverSchema = z.object({ by: z.string().min(1), to: z.string().min(1), text: z.string().min(1) });
export const replanSchema = z.object({
  by: z.string().min(1),
  reason: z.string().min(1),
  /** Another recovery point; what was restored from the one before is put back first. */
  point: pointIdSchema.optional(),
  /** First put back what this run changed, also where it could stay. */
  putBack: z.boolean().optional(),
  /** A planned move goes on as a failover: the source is not asked any more. */
  ungraceful: z.boolean().optional(),
});
export type Replan = z.output<typeof replanSchema>;
/** Without a notice: whatever is open. */
export const acknowledgeSchema = z.object({ ...attributed, notice: z.string().min(1).optional() });
export const noteSchema = z.object({ by: z.string().min(1), text: z.string().min(1) });
export const acceptRiskSchema = z.object({
  ...attributed,
  ...bound,
  risk: z.string().min(1),
  /** SHA-256 of the playbook that goes on with this risk, hex. Wanted where it is signed; compared wherever it is said. */
  playbook: z.string().optional(),
});
export type RiskAcceptance = z.input<typeof acceptRiskSchema>;

export const stepStates = ['pending', 'running', 'done', 'failed', 'skipped', 'undone', 'cancelled'] as const;

export const stepStatusSchema = z.object({
  id: z.string(),
  kind: z.string(),
  title: z.string(),
  state: z.enum(stepStates),
  /** Rises with each retry by an operator. */
  generation: z.number().int().positive(),
  startedAt: z.string().optional(),
  finishedAt: z.string().optional(),
  /** ms the worker itself was busy with it, as it measured, noting what was there before included. */
  busy: z.number().optional(),
  queue: z.string().optional(),
  worker: z.string().optional(),
  error: z.object({ type: z.string(), message: z.string() }).optional(),
  /** `done already`, `fenced`, `3 files torn`: a short word from the output. */
  outcome: z.string().optional(),
  skippedBy: z.string().optional(),
  /** Since when it runs longer than it ever should. */
  stuckSince: z.string().optional(),
  required: z.boolean(),
  /** ms */
  expected: z.number(),
  /** Of a manual step that wants an answer. */
  asks: z.enum(['yes-no', 'text']).optional(),
});
export type StepStatus = z.infer<typeof stepStatusSchema>;

export const stageStatusSchema = z.object({
  type: z.enum(['stage', 'gate', 'pointOfNoReturn', 'watch']),
  title: z.string(),
  state: z.enum(['pending', 'running', 'waiting', 'done']),
  /** Goes on beside the stages after it, as in the playbook. */
  alongside: z.literal(true).optional(),
  startedAt: z.string().optional(),
  finishedAt: z.string().optional(),
  /** Steps by rank. */
  ranks: z.array(z.array(stepStatusSchema)),
});
export type StageStatus = z.infer<typeof stageStatusSchema>;

export const timelineEntrySchema = z.object({
  at: z.string(),
  kind: z.enum(['start', 'fact', 'risk', 'decision', 'step', 'clock', 'note', 'undo', 'notice', 'end']),
  text: z.string(),
  by: z.string().optional(),
});
export type TimelineEntry = z.infer<typeof timelineEntrySchema>;

/** A time and who says so. */
const sourcedTime = z.object({ at: z.string(), source: z.string() });

/** Once that it waited for people, and for what first. */
export const waitSpanSchema = z.object({ from: z.string(), to: z.string(), what: z.string() });
export type WaitSpan = z.infer<typeof waitSpanSchema>;

export const clockSchema = z.object({
  outage: sourcedTime.optional(),
  declared: sourcedTime,
  recovered: sourcedTime.optional(),
  /** RTO, ms. */
  expected: z.number().optional(),
  maximum: z.number().optional(),
  /** Percentages of the maximum that have passed and were spoken. */
  spoken: z.array(z.number()),
  /** ms spent waiting for people so far. */
  waiting: z.number(),
  /** When that was, the first hundred times; absent in runs of older builds. */
  waits: z.array(waitSpanSchema).optional(),
});

export const runPhases = [
  'assessing',
  'awaiting-approval',
  /** Approved, and planned for a later time. */
  'awaiting-start',
  'executing',
  'undoing',
  'reporting',
  'done',
  'rejected',
  'aborted',
  /** A planned move that did not happen: the site that was to be left serves again. */
  'put-back',
  'failed',
] as const;

/** Phases that a run ends in. */
export const endedPhases: readonly (typeof runPhases)[number][] = ['done', 'rejected', 'aborted', 'put-back', 'failed'];

const openMatterSchema = z.object({
  notice: z.string(),
  level: z.string(),
  since: z.string(),
  text: z.string(),
  by: z.string().optional(),
});

export const runStatusSchema = z.object({
  run: z.string(),
  workflowId: z.string(),
  service: z.string(),
  procedure: z.enum(procedures),
  from: z.string(),
  to: z.string(),
  phase: z.enum(runPhases),
  paused: z.boolean(),
  /** ISO; present while it waits for the time it was planned for. */
  startsAt: z.string().optional(),
  /** What a person should do now, empty when nothing. */
  needs: z.array(z.object({ what: z.string(), since: z.string(), how: z.string() })),
  requestedBy: z.string(),
  reason: z.string(),
  /** SHA-256 of the playbook, hex; present once compiled. */
  playbook: z.string().optional(),
  point: pointSummarySchema.optional(),
  facts: z.array(factSchema),
  risks: z.array(riskSchema.extend({ acceptedBy: z.string().optional() })),
  approvals: z.array(takenApprovalSchema),
  /** Of the playbooks before this one, where the plan was changed: as they counted there, and for nothing any more. */
  approvedBefore: z.array(approvalBeforeSchema).optional(),
  /** What an approval takes here; absent in runs of older builds. */
  asks: z
    .object({
      signed: z.enum(['required', 'allowed']),
      quorum: z.number(),
      from: z.array(z.string()).optional(),
      emergency: z.array(z.string()).optional(),
    })
    .optional(),
  stages: z.array(stageStatusSchema),
  passedNoReturn: z.boolean(),
  clock: clockSchema,
  timeline: z.array(timelineEntrySchema),
  queue: z.string(),
  /** End of the maintenance window, where it has passed and a person says whether the run goes on. */
  windowOver: z.string().optional(),
  /** Holds before the next stage begins. */
  held: z.boolean().optional(),
  /** Who looks after the run since the shift changed. */
  onDuty: z.object({ name: z.string(), since: z.string() }).optional(),
  /** What was seen after something was put back, in words. */
  steady: z.array(z.string()).optional(),
  /** Of the playbook, where the plan was changed while the run went on. */
  revision: z.number().optional(),
  /** What people were told and nobody has dealt with yet; `by` looks after it. Absent where there is nothing. */
  open: z.array(openMatterSchema).optional(),
});
export type RunStatus = z.infer<typeof runStatusSchema>;

/** Answer of every Update: was it taken, and if not, why. */
export interface DecisionAnswer {
  readonly taken: boolean;
  readonly why: string;
}

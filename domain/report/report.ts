/**
 * The report of a run: what was lost, how long it took, who decided, and what is not so. A time that nobody saw from
 * outside is "not observed", never estimated.
 */
import { z } from 'zod';
import { approvalBeforeSchema } from '../approvals/taken-approval.ts';
import { uncountedSchema } from '../databases/uncounted.ts';
import { drillReportSchema } from '../drills/report.ts';
import { pointSummarySchema, riskSchema } from '../playbook/assessment.ts';
import { procedures } from '../playbook/procedures.ts';
import { runPhases, timelineEntrySchema, waitSpanSchema } from '../run/run.ts';
import { componentRowSchema } from './components.ts';
import { reportCurveSchema } from './curve.ts';
import { proofRowSchema } from './proof.ts';
import { standbyRowSchema } from './standbys.ts';
import { stepRowSchema } from './steps.ts';

const sourced = z.object({ at: z.string(), source: z.string() });

/** `unknown`: the plan promises nothing, or there is nothing to compare. */
const verdicts = ['met', 'over expected', 'missed', 'not observed', 'unknown'] as const;

export const reportSchema = z.object({
  format: z.literal(1),
  run: z.string(),
  workflowId: z.string(),
  service: z.string(),
  procedure: z.enum(procedures),
  from: z.string(),
  to: z.string(),
  /** The phase the run ended in. */
  result: z.enum(runPhases),
  /** Why it was refused before it had a playbook. Absent where it had one. */
  refused: z.object({ type: z.string(), message: z.string() }).optional(),
  requestedBy: z.string(),
  reason: z.string(),
  /** SHA-256 of the playbook, hex. */
  playbook: z.string().optional(),
  /** SHA-256 of the plan that it was run by, hex. Absent in reports of older builds. */
  plan: z.string().optional(),
  point: pointSummarySchema.optional(),
  /** The recovery point that a backup wrote. Absent in reports of older builds, as are `components`. */
  made: z.string().optional(),
  components: z.array(componentRowSchema).optional(),
  /** Databases that stream: what was promoted, and what follows it. Absent where there are none, and in reports of older builds. */
  standbys: z.array(standbyRowSchema).optional(),
  /** Component to the moment up to which its log is archived, ISO; of a shipment. */
  archivedTo: z.record(z.string(), z.string()).optional(),
  times: z.object({
    outage: sourced.optional(),
    declared: sourced,
    /** First healthy answer; `observed` says whether somebody outside saw it. */
    recovered: sourced.extend({ observed: z.boolean() }).optional(),
    ended: z.string(),
  }),
  /** ms. `total` = declaration to end; `waiting` = for people; `machine` = the rest, without `watch`. */
  durations: z.object({ total: z.number(), waiting: z.number(), machine: z.number(), watch: z.number() }),
  rto: z.object({
    verdict: z.enum(verdicts),
    /** Declaration to recovery, ms, people included. Only where an observer saw the recovery. */
    achieved: z.number().optional(),
    /** The same without the time spent waiting for people. */
    withoutWaiting: z.number().optional(),
    /** The run's own health check answered after so many ms; not a measurement from outside. */
    ownCheck: z.number().optional(),
    expected: z.number().optional(),
    maximum: z.number().optional(),
  }),
  rpo: z.object({
    verdict: z.enum(verdicts),
    /** ms */
    achieved: z.number().optional(),
    /** What it is counted from. */
    basis: z.string(),
    /** Oldest moment that the restored data stands for. */
    takenAt: z.string().optional(),
    objective: z.number().optional(),
  }),
  /** ms without a healthy answer, as the observer saw it. */
  downtime: z.object({ ms: z.number(), source: z.string(), until: z.string() }).optional(),
  writes: z.object({ acknowledged: z.number(), lost: z.number(), source: z.string() }).optional(),
  /** Good and failed requests of the observer around the outage. Absent where nobody looked, and in reports of older builds, as are the next two. */
  curve: reportCurveSchema.optional(),
  /** When it waited for people. */
  waits: z.array(waitSpanSchema).optional(),
  /** What the marks say of the recovery point that was restored, or made, oldest first. Absent where none could be read. */
  proof: z.array(proofRowSchema).optional(),
  decisions: z.array(timelineEntrySchema),
  /** Who was asked for a go and what they said, of every playbook that the run had. Absent in reports of older builds. */
  approvals: z.array(approvalBeforeSchema).optional(),
  /** One person let it go alone, by the plan's emergency path. Absent where nobody did. */
  emergencies: z.array(z.object({ by: z.string(), at: z.string(), reason: z.string().optional() })).optional(),
  risks: z.array(riskSchema.extend({ acceptedBy: z.string().optional() })),
  gates: z.array(
    z.object({
      title: z.string(),
      outcome: z.string(),
      /** Steps that did not reach the outcome. */
      short: z.array(z.object({ step: z.string(), outcome: z.string() })),
      acceptedBy: z.string().optional(),
    }),
  ),
  skipped: z.array(z.object({ step: z.string(), title: z.string(), by: z.string().optional() })),
  /** What was rehearsed, and what that has shown; absent in a run that is no drill of the plan. */
  drill: drillReportSchema.optional(),
  /** The drill of the plan that it is the work of, which counts as the drill. Absent in all others. */
  partOf: z.string().optional(),
  /** What only an old primary had, and nobody counted. Absent where nothing is. */
  uncounted: z.array(uncountedSchema).optional(),
  /** What a verification or a test restore found bad, which it was for. Absent where nothing is, and in reports of older builds. */
  bad: z.array(z.object({ step: z.string(), text: z.string() })).optional(),
  failed: z.array(z.object({ step: z.string(), title: z.string(), error: z.string() })),
  /** ms: execution, minus the critical path of what the steps were busy, minus waiting: what Muster itself cost. */
  overhead: z
    .object({ execution: z.number(), criticalPath: z.number(), waiting: z.number(), ms: z.number() })
    .optional(),
  steps: z.array(stepRowSchema),
  facts: z.array(z.object({ title: z.string(), value: z.string(), state: z.string(), source: z.string() })),
  timeline: z.array(timelineEntrySchema),
  /** Of a rehearsal: what was seen after all of it was taken away, and that the real thing is as it was. Absent in all others. */
  seen: z.array(z.string()).optional(),
});
export type Report = z.infer<typeof reportSchema>;

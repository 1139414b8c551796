/** The report of a run, written at its end. */
import { callActivity } from './call-activity.ts';
import { describeFailure } from './failures.ts';
import { summaryOf } from './outcome.ts';
import { assessmentQueues } from './planning-activities.ts';
import type { Run } from './run.ts';

/** Stores the report; a location that is down is listed in the report's own keys, not fatal. */
export async function writeReport(run: Run): Promise<string[]> {
  const { plan, failure } = run;
  if (plan ? !run.assessment : !failure) return [];
  try {
    const written = await callActivity<{ report: unknown; written: string[] }>(
      {
        name: 'writeReport',
        summary: 'Write the report',
        queues: plan ? [plan.queue, plan.fallback] : assessmentQueues(run),
        limits: { startToClose: 60_000, scheduleToStart: 5_000, budget: plan ? 120_000 : 30_000, heartbeat: 10_000 },
      },
      {
        status: run.status,
        playbook: plan?.playbook,
        assessment: run.assessment,
        outputs: Object.fromEntries(run.outputs),
        ...(plan ? {} : { refused: failure }),
        execution: { started: run.executionStarted, ended: run.executionEnded },
        summary: summaryOf(run),
      },
    );
    run.report = written.report;
    return written.written;
  } catch (error) {
    run.note('notice', `the report could not be written: ${describeFailure(error).message}`);
    return [];
  }
}

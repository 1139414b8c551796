/** The report of a run, written at its end. */
import { callActivity } from './call-activity.ts';
import { describeFailure } from './failures.ts';
import { summaryOf } from './outcome.ts';
import type { Run } from './run.ts';

/** Stores the report; a location that is down is listed in the report's own keys, not fatal. */
export async function writeReport(run: Run): Promise<string[]> {
  if (!run.plan || !run.assessment) return [];
  try {
    const written = await callActivity<{ report: unknown; written: string[] }>(
      {
        name: 'writeReport',
        summary: 'Write the report',
        queues: [run.plan.queue, run.plan.fallback],
        limits: { startToClose: 60_000, scheduleToStart: 5_000, budget: 120_000, heartbeat: 10_000 },
      },
      {
        status: run.status,
        playbook: run.plan.playbook,
        assessment: run.assessment,
        outputs: Object.fromEntries(run.outputs),
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

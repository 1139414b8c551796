/** Everything a worker registers: one activity for each step kind, and the run's own. A factory over its dependencies. */
import { Context } from '@temporalio/activity';
import type { AuditCall } from '../domain/audit.ts';
import type { ExerciseStatus } from '../domain/exercise.ts';
import type { ApprovedCall, AssessCall, CompileCall, LeaseCall, NoticeCall, VerifyCall } from '../domain/protocol.ts';
import { verifyApproval } from './approvals/verify-approval.ts';
import { assessService } from './assessment/assess-service.ts';
import { auditOf, auditWith, keepApprovedWith } from './audit/audited.ts';
import { type WatchCall, watchForOutage } from './declaring/watch-for-outage.ts';
import { drillEnd, recoveryUnderWay } from './drills/recovery-under-way.ts';
import { keepLease } from './lease/keep-lease.ts';
import { notify } from './notices/notify.ts';
import { compilePlaybook } from './planning/compile.ts';
import { loadPlan } from './plans/load-plan.ts';
import { stepDefinitions } from './registry.ts';
import { reportOf } from './reports/report-of.ts';
import { writeExercise } from './reports/write-exercise.ts';
import type { ReportCall } from './reports/write-report.ts';
import { describeRun } from './runs/describe-run.ts';
import type { Dependencies } from './runtime/dependencies.ts';
import { translateFailures } from './runtime/failures.ts';
import { startPulse } from './runtime/pulse.ts';
import { stepActivities } from './runtime/step-activity.ts';
import { scheduleActivities } from './schedules/index.ts';
import { resolveSecret } from './secrets/resolve.ts';

export function activities(deps: Dependencies) {
  return {
    ...stepActivities(stepDefinitions, deps),
    assess: (call: AssessCall) => alive(() => assessService(call, deps)),
    compilePlaybook: (call: CompileCall) =>
      alive(async () => ({ ...(await compilePlaybook(call, deps)), ...auditOf(call.procedure) })),
    describeRun: (call: { workflowId: string }) => alive(() => describeRun(call.workflowId, deps)),
    keepLease: (call: LeaseCall) => alive(() => keepLease(call, deps)),
    notify: (call: NoticeCall) =>
      alive(async () => {
        const { plan } = await loadPlan(deps.plans.folder, call.service, { overlays: [...deps.plans.overlays] });
        return await notify(call, { plan, secret: (ref) => resolveSecret(ref, deps.plans.folder) });
      }),
    recoveryUnderWay: (call: { service: string; run: string }) => alive(() => recoveryUnderWay(call, deps)),
    drillEnd: (call: { workflowId: string }) => alive(() => drillEnd(call, deps)),
    ...scheduleActivities(deps, alive),
    watchForOutage: (call: WatchCall) => alive(() => watchForOutage(call, deps, Context.current().cancellationSignal)),
    verifyApproval: (call: VerifyCall) => alive(() => verifyApproval(call)),
    keepApproved: (call: ApprovedCall) => alive(() => keepApprovedWith(call, deps)),
    writeAudit: (call: AuditCall) => alive(() => auditWith(call, deps)),
    writeExercise: (call: { status: ExerciseStatus }) => alive(() => writeExercise(call, deps)),
    writeReport: (call: ReportCall) => alive(() => reportOf(call, deps)),
  };
}

/** Heartbeats for as long as the work lasts. */
async function alive<Result>(work: () => Promise<Result>): Promise<Result> {
  const activity = Context.current();
  const pulse = startPulse(
    () => activity.heartbeat(),
    activity.info.heartbeatTimeoutMs ?? 60_000,
    () => {},
  );
  try {
    return await translateFailures(work);
  } finally {
    pulse.stop();
  }
}

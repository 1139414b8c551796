/** Everything a worker registers: one activity for each step kind, and the run's own. A factory over its dependencies. */
import { Context } from '@temporalio/activity';
import type { AuditCall } from '../domain/audit/audit.ts';
import type { ExerciseStatus } from '../domain/drills/exercise.ts';
import type { NoticeTestResult } from '../domain/notices/test.ts';
import type { PeriodCall } from '../domain/period/scheduled.ts';
import type { SecretRef } from '../domain/plan/values.ts';
import type {
  ApprovedCall,
  AssessCall,
  CompileCall,
  LeaseCall,
  NoticeCall,
  VerifyCall,
} from '../domain/run/protocol.ts';
import { verifyApproval } from './approvals/verify-approval.ts';
import { assessService } from './assessment/assess-service.ts';
import { auditOf, auditWith, keepApprovedWith } from './audit/audited.ts';
import { type WatchCall, watchForOutage } from './declaring/watch-for-outage.ts';
import { drillEnd } from './drills/drill-end.ts';
import { awaitRecoveryWith, type RecoveryCall, recoveryUnderWay } from './drills/recovery-beside.ts';
import { keepLease } from './lease/keep-lease.ts';
import { type NotifyDeps, tellAgain, tellPeople } from './notices/notify.ts';
import { openMatters } from './notices/open-matters.ts';
import { keepReach, placesOf } from './notices/reach.ts';
import { keepNoticeTestWith } from './notices/tests.ts';
import { compilePlaybook } from './planning/compile.ts';
import { loadPlan } from './plans/load-plan.ts';
import { scheduledLook } from './readiness/scheduled-look.ts';
import { stepDefinitions } from './registry.ts';
import { makePeriod } from './reports/make-period.ts';
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
    awaitRecovery: (call: RecoveryCall) =>
      alive(() => awaitRecoveryWith(call, deps, Context.current().cancellationSignal)),
    keepLease: (call: LeaseCall) => alive(() => keepLease(call, deps)),
    notify: (call: NoticeCall) => alive(async () => await tellPeople(call, await noticeDeps(call, deps))),
    notifyAgain: (call: NoticeCall) => alive(async () => await tellAgain(call, await noticeDeps(call, deps))),
    keepNoticeTest: (result: NoticeTestResult) => alive(() => keepNoticeTestWith(result, deps)),
    recoveryUnderWay: (call: RecoveryCall) => alive(() => recoveryUnderWay(call, deps)),
    drillEnd: (call: { workflowId: string }) => alive(() => drillEnd(call, deps)),
    ...scheduleActivities(deps, alive),
    lookAtReadiness: (call: { service: string }) =>
      alive(() => {
        const { cancellationSignal: signal, info } = Context.current();
        return scheduledLook(call, deps, { queue: info.taskQueue, signal });
      }),
    makePeriod: (call: PeriodCall) => alive(() => makePeriod(call, deps)),
    watchForOutage: (call: WatchCall) => alive(() => watchForOutage(call, deps, Context.current().cancellationSignal)),
    verifyApproval: (call: VerifyCall) => alive(() => verifyApproval(call)),
    keepApproved: (call: ApprovedCall) => alive(() => keepApprovedWith(call, deps)),
    writeAudit: (call: AuditCall) => alive(() => auditWith(call, deps)),
    writeExercise: (call: { status: ExerciseStatus }) => alive(() => writeExercise(call, deps)),
    writeReport: (call: ReportCall) => alive(() => reportOf(call, deps)),
  };
}

async function noticeDeps({ service, event }: NoticeCall, { plans, temporal }: Dependencies): Promise<NotifyDeps> {
  const { plan } = await loadPlan(plans.folder, service, { overlays: [...plans.overlays] });
  const signal = Context.current().cancellationSignal;
  const secret = (ref: SecretRef) => resolveSecret(ref, plans.folder);
  return {
    plan,
    secret,
    signal,
    open: () => openMatters(temporal, service),
    remember: (deliveries) =>
      void keepReach({ service, event, at: new Date().toISOString(), deliveries }, placesOf(plan, secret)),
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

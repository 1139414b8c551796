/**
 * Real workflows on a real Temporal server, with activities that tests script: a step of kind `act` does what its
 * input says (`fail` so often, `wait` until released), and everything that was called is kept in order.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { ApplicationFailure, Context } from '@temporalio/activity';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import {
  bundleWorkflowCode,
  DefaultLogger,
  NativeConnection,
  Runtime,
  Worker,
  type WorkflowBundle,
} from '@temporalio/worker';
import { inject } from 'vitest';
import { verifyApproval } from '../../../activities/approvals/verify-approval.ts';
import type { StepContext } from '../../../activities/context.ts';
import { drillEnd } from '../../../activities/drills/drill-end.ts';
import { awaitRecovery, type RecoveryCall, recoveryBeside } from '../../../activities/drills/recovery-beside.ts';
import { endRehearsal } from '../../../activities/drills/rehearsal/end-rehearsal.ts';
import { startRehearsal } from '../../../activities/drills/rehearsal/start-rehearsal.ts';
import type { RehearsalInput } from '../../../activities/drills/rehearsal/started.ts';
import type { ReportCall } from '../../../activities/reports/write-report.ts';
import type { Dependencies } from '../../../activities/runtime/dependencies.ts';
import { translateFailures } from '../../../activities/runtime/failures.ts';
import { scheduleActivities } from '../../../activities/schedules/index.ts';
import type { AuditAnswer, AuditCall } from '../../../domain/audit/audit.ts';
import type { ExerciseStatus } from '../../../domain/drills/exercise.ts';
import type { Refusal } from '../../../domain/errors.ts';
import type { MadePeriod, PeriodCall } from '../../../domain/period/scheduled.ts';
import type { Assessment } from '../../../domain/playbook/assessment.ts';
import type { Playbook, PlaybookItem, Step } from '../../../domain/playbook/playbook.ts';
import { leftOf, type Progress } from '../../../domain/playbook/replan.ts';
import type { ValidationDue } from '../../../domain/points/verification.ts';
import type { Hold, Lease } from '../../../domain/run/lease.ts';
import type {
  ApprovedCall,
  AssessCall,
  Compiled,
  LeaseCall,
  NoticeCall,
  StepAnswer,
  StepCall,
  ToldPeople,
  UndoCall,
  VerifyCall,
} from '../../../domain/run/protocol.ts';
import type { DecisionAnswer, RunInput, RunStatus } from '../../../domain/run/run.ts';
import { workflowInterceptorModules, workflowsPath } from '../../../workers/workflow-code.ts';
import type { Looked } from '../../../workflows/readiness.ts';

export interface Script {
  items: PlaybookItem[];
  steady?: Step[];
  risks?: Assessment['risks'];
  policy?: Partial<Compiled['policy']>;
  rto?: Compiled['rto'];
  audit?: Compiled['audit'];
  notices?: Compiled['notices'];
  /** As in a playbook. */
  onFailure?: Playbook['onFailure'];
  drill?: Playbook['drill'];
  atEnd?: Playbook['atEnd'];
  sha256?: string;
  /** Of the runs that a drill starts for itself. */
  rehearsed?: Script;
  /** The assessment is refused. */
  unknown?: boolean;
  /** So many times the plan is another one by the time it is compiled. */
  planChanges?: number;
}

interface Audited {
  readonly calls: AuditCall[];
  answer: (call: AuditCall) => AuditAnswer | undefined;
}

export const hash = 'c0ffee'.padEnd(64, '0');

const described = ({ location, generation, needed }: Hold) =>
  `${location}#${generation}${needed ? '' : ' if it answers'}`;

/** Of the playbook after a change of plan. */
export function hashOf(revision = 1): string {
  return revision === 1 ? hash : `c0ffee${revision}`.padEnd(64, '0');
}

Runtime.install({ logger: new DefaultLogger('ERROR') });
let bundle: Promise<WorkflowBundle> | undefined;

interface RangeOptions {
  /** Else the server that all tests share. */
  readonly address?: string;
  readonly dataConverter?: DataConverter;
  /** Who runs the workflows is the test's: `others` leaves them to it. */
  readonly workflows?: 'here' | 'others';
}

export async function openRange({
  address = inject('temporal'),
  dataConverter,
  workflows = 'here',
}: RangeOptions = {}) {
  const client = new Client({ connection: await Connection.connect({ address }), dataConverter });
  const connection = await NativeConnection.connect({ address });
  const encrypts = dataConverter?.failureConverterPath !== undefined;
  if (!encrypts) bundle ??= bundleWorkflowCode({ workflowsPath, workflowInterceptorModules });
  const calls: string[] = [];
  const assessed: AssessCall[] = [];
  const released = new Set<string>();
  const failures = new Map<string, number>();
  const scripts = new Map<string, Script>();
  /** Runs whose lease somebody took. */
  const lost = new Set<string>();
  /** Runs whose lease cannot be given back yet: its location does not answer. */
  const silent = new Set<string>();
  const files = new Map<string, string>();
  const looks = new Map<string, ValidationDue>();
  const audits = new Map<string, Audited>();
  const told: NoticeCall[] = [];
  const receivers = new Map<string, (call: NoticeCall) => Promise<ToldPeople>>();
  const sights = new Map<string, { state: string }>();
  const watches = new Map<string, string>();
  /** Services to who has the lease at their location. */
  const leases = new Map<string, Lease>();
  /** Service to what recovers it. */
  const exercises: ExerciseStatus[] = [];
  const written: ReportCall[] = [];
  const recoveries = new Map<string, string>();
  const readiness = new Map<string, Looked>();
  const periods = new Map<string, (call: PeriodCall) => MadePeriod>();

  /** The real rule, of the real server and of the lease that the test put there; or what the test says recovers the service. */
  const beside = async (call: RecoveryCall) => {
    const who = recoveries.get(call.service);
    if (who) return { who, what: `${who} began` };
    const lease = leases.get(call.service);
    return await recoveryBeside(call, client, async () => [{ location: 'east', ...(lease ? { lease } : {}) }]);
  };

  /** Of a step that is the real one. */
  const contextOf = ({ run, generation }: Pick<StepCall, 'run' | 'generation'>) => {
    const activity = Context.current();
    const said = { run, generation, signal: activity.cancellationSignal, temporal: client };
    return { ...said, heartbeat: () => activity.heartbeat(), assertCurrent: () => {} } as unknown as StepContext;
  };

  const activities = {
    async assess(call: AssessCall): Promise<Assessment> {
      const { service, procedure } = call;
      assessed.push(call);
      if (scripts.get(service)?.unknown)
        throw ApplicationFailure.nonRetryable('There is nothing to restore. Try: a backup.', 'NoRecoveryPoint');
      return assessmentOf(service, procedure, scripts.get(service)?.risks ?? []);
    },
    async compilePlaybook(call: {
      run: string;
      procedure: Playbook['procedure'];
      assessment: Assessment;
      progress?: Progress;
    }): Promise<Compiled> {
      const given = scripts.get(call.assessment.service) as Script;
      if (given.planChanges) {
        given.planChanges -= 1;
        throw ApplicationFailure.nonRetryable('The plan is not the one that was assessed.', 'PlanChanged');
      }
      const script = call.procedure === 'drill' ? given : (given.rehearsed ?? given);
      const whole: Playbook = {
        format: 1,
        run: call.run,
        service: call.assessment.service,
        procedure: call.procedure,
        from: 'east',
        to: 'west',
        risks: call.assessment.risks.map((risk) => risk.id),
        items: script.items,
        ...(script.onFailure ? { onFailure: script.onFailure } : {}),
        ...(script.drill ? { drill: script.drill } : {}),
        ...(script.atEnd ? { atEnd: script.atEnd } : {}),
        ...(script.steady ? { steady: script.steady } : {}),
      };
      try {
        return {
          playbook: call.progress ? leftOf(whole, call.progress) : whole,
          sha256: script.sha256 ?? hashOf(call.progress?.revision),
          policy: { required: true, quorum: 1, requesterMayApprove: false, timeLimit: 60_000, ...script.policy },
          rto: script.rto,
          audit: script.audit,
          notices: script.notices,
          queue: 'muster-west',
          fallback: 'muster-fallback',
        };
      } catch (error) {
        throw ApplicationFailure.nonRetryable((error as Error).message, (error as Refusal).type);
      }
    },
    async act({ step, generation, leases }: StepCall): Promise<StepAnswer> {
      calls.push(`${step.id}#${generation}`);
      if (leases) calls.push(`${step.id} by ${leases.map(described).join()}`);
      const {
        fail = 0,
        wait,
        linger = 0,
        output = {},
        blame = '',
        deaf = false,
      } = step.input as {
        fail?: number;
        wait?: boolean;
        linger?: number;
        output?: StepAnswer['output'];
        blame?: string;
        /** Ends well although it was cancelled, as what is nearly done when the word reaches it. */
        deaf?: boolean;
      };
      const failed = failures.get(step.id) ?? 0;
      if (failed < fail) {
        failures.set(step.id, failed + 1);
        throw ApplicationFailure.nonRetryable(`it broke${blame}. Try: mending it`, 'Broken');
      }
      while (deaf && !released.has(step.id)) {
        Context.current().heartbeat();
        await pause(50);
      }
      try {
        while (wait && !released.has(step.id)) {
          Context.current().heartbeat();
          await Context.current().sleep(50);
        }
      } catch (error) {
        // As a host job that takes its time to end.
        for (const until = Date.now() + linger; Date.now() < until; await pause(50)) Context.current().heartbeat();
        calls.push(`${step.id} let go`);
        throw error;
      }
      return { output, busy: 1, worker: 'test' };
    },
    async noteBefore({ step }: StepCall) {
      calls.push(`before ${step.id}`);
      return { state: { was: step.id }, busy: 1 };
    },
    async undoStep({ step, before, run, generation }: UndoCall) {
      if (step.kind === 'startRehearsal')
        return (
          (await startRehearsal.undo?.(step.input as RehearsalInput, before, contextOf({ run, generation }))) ?? {}
        );
      const { undoWaits } = step.input as { undoWaits?: boolean };
      calls.push(`undo ${step.id} to ${JSON.stringify(before)}`);
      while (undoWaits && !released.has(`undo ${step.id}`)) {
        Context.current().heartbeat();
        await pause(50);
      }
    },
    async keepLease({ what, run, leases, settled }: LeaseCall) {
      const where = leases.map(described).join();
      calls.push(`${what} ${where} of ${run}${settled ? ', settled' : ''}`);
      while (what === 'release' && silent.has(run)) await pause(20);
      if (what === 'renew' && lost.has(run)) throw ApplicationFailure.nonRetryable('another run has it', 'LeaseLost');
    },
    async notify(call: NoticeCall): Promise<ToldPeople | undefined> {
      const { event, severity, service } = call;
      calls.push(`notice ${event} ${severity} of ${service}`);
      told.push(call);
      return await receivers.get(service)?.(call);
    },
    async notifyAgain(call: NoticeCall): Promise<void> {
      const { deliveries = [] } = (await receivers.get(call.service)?.(call)) ?? {};
      if (deliveries.some(({ sent }) => !sent)) throw new Error('it could not be told again');
      told.push(call);
    },
    async keepNoticeTest(): Promise<string[]> {
      return ['east', 'west'];
    },
    async recoveryUnderWay(call: RecoveryCall): Promise<string | null> {
      return (await beside(call))?.who ?? null;
    },
    async awaitRecovery(call: RecoveryCall) {
      const wait = async () => {
        Context.current().heartbeat();
        await Context.current().sleep(50);
      };
      return await awaitRecovery(() => beside(call), wait);
    },
    async describeRun({ workflowId }: { workflowId: string }) {
      return `held: ${workflowId}`;
    },
    ...scheduleActivities({ temporal: client } as unknown as Dependencies, (work) => work()),
    /** Says the file is what the test last wrote. */
    async lookForChange({ service, last }: { service: string; last: { fingerprint?: string } }) {
      const fingerprint = files.get(service) ?? 'as it was';
      return { changed: last.fingerprint !== fingerprint, why: 'looked', fingerprint };
    },
    /** What the marks of the points would say, as the test wrote it. */
    async validationState({ service }: { service: string }): Promise<ValidationDue> {
      return looks.get(service) ?? { due: true, failing: true, at: new Date(0).toISOString(), why: 'a point failed' };
    },
    /** Every location takes it, or what the test says of this service. */
    async writeAudit(call: AuditCall): Promise<AuditAnswer> {
      const said = audits.get(call.service) ?? { calls: [], answer: () => undefined };
      audits.set(call.service, said);
      said.calls.push(call);
      const last = `after ${call.entries.at(-1)?.n ?? 'nothing'}`;
      return said.answer(call) ?? { last, written: ['east', 'west'], missed: [], caughtUp: [] };
    },
    async keepApproved({ by, sha256, playbook }: ApprovedCall) {
      calls.push(`kept ${sha256.slice(0, 6)} of ${playbook.service} by ${by.join(', ')}`);
    },
    async verifyApproval(call: VerifyCall) {
      if (call.decision.reason === 'nobody can verify this')
        throw ApplicationFailure.nonRetryable('This worker has no ssh-keygen. Try: install it', 'SshKeygenMissing');
      return await verifyApproval(call);
    },
    /** Sees what the test says is there to be seen, and waits for it as the real one does. */
    async watchForOutage({ service, until }: { service: string; until: string }) {
      watches.set(service, until);
      for (;;) {
        const seen = sights.get(service);
        if (seen?.state === 'broken') {
          sights.delete(service);
          throw ApplicationFailure.nonRetryable('the plan cannot be read. Try: mending it', 'PlanInvalid');
        }
        const wanted = seen && (seen.state === 'off' || (until === 'well') === (seen.state === 'well'));
        if (wanted) {
          sights.delete(service);
          return seen;
        }
        Context.current().heartbeat();
        await Context.current().sleep(30);
      }
    },
    startRehearsal: async (call: StepCall): Promise<StepAnswer> => ({
      output: await translateFailures(() => startRehearsal.run(call.step.input as RehearsalInput, contextOf(call))),
      ...{ busy: 1, worker: 'test' },
    }),
    endRehearsal: async (call: StepCall): Promise<StepAnswer> => ({
      output: await translateFailures(() => endRehearsal.run(call.step.input as RehearsalInput, contextOf(call))),
      ...{ busy: 1, worker: 'test' },
    }),
    drillEnd: (call: { workflowId: string }) => drillEnd(call, { temporal: client }),
    async writeExercise({ status }: { status: ExerciseStatus }) {
      exercises.push(status);
      return ['exercise'];
    },
    /** Finds what the test last said. */
    async lookAtReadiness({ service }: { service: string }): Promise<Looked> {
      calls.push(`look ${service} on ${Context.current().info.taskQueue}`);
      return readiness.get(service) as Looked;
    },
    /** Leaves it where the test says. */
    async makePeriod(call: PeriodCall): Promise<MadePeriod> {
      calls.push(`report ${call.period} of ${call.service}${call.estate ? ' and the estate' : ''}`);
      return periods.get(call.service)?.(call) as MadePeriod;
    },
    async writeReport(call: ReportCall) {
      const { status, refused } = call;
      written.push(call);
      calls.push(`report ${status.phase}${refused ? ` refused ${refused.type}` : ''} of ${status.service}`);
      return { report: { run: status.run }, written: ['report'] };
    },
  };

  // Kinds by which an end says more than what its steps say.
  const kinds = { ...activities, reattachReplica: activities.act, checkHealth: activities.act };
  const shared = {
    connection,
    dataConverter,
    shutdownGraceTime: '1s',
    shutdownForceTime: '3s',
    maxHeartbeatThrottleInterval: '100ms',
  } as const;
  const code = encrypts
    ? { workflowsPath, interceptors: { workflowModules: workflowInterceptorModules } }
    : { workflowBundle: await bundle };
  const workers = [
    ...(workflows === 'here' ? [await Worker.create({ ...shared, taskQueue: 'muster', ...code })] : []),
    await Worker.create({ ...shared, taskQueue: 'muster-fallback', activities: kinds }),
    await Worker.create({ ...shared, taskQueue: 'muster-west', activities: kinds }),
  ];
  const running = Promise.all(workers.map((worker) => worker.run()));

  return {
    client,
    exercises,
    /** What reports are made of, in the order that runs ended. */
    written,
    calls,
    assessed,
    lost,
    silent,
    recovering: (service: string, by: string) => recoveries.set(service, by),
    release: (id: string) => released.add(id),
    /** What was sent of a service, in order; a retry once it was taken. */
    toldOf: (service: string) => told.filter((call) => call.service === service),
    /** What the receivers of a service answer; they take everything else. */
    receive: (service: string, answer: (call: NoticeCall) => Promise<ToldPeople>) => receivers.set(service, answer),
    /** What of a service was to be logged so far; `answer` throws, or says which location missed it. */
    audited(service: string, answer?: Audited['answer']): AuditCall[] {
      const said = audits.get(service) ?? { calls: [], answer: () => undefined };
      if (answer) said.answer = answer;
      audits.set(service, said);
      return said.calls;
    },
    leased: (service: string, lease: Lease) => leases.set(service, lease),
    see: (service: string, seen: { state: string }) => sights.set(service, seen),
    /** What the watch of a service waits for. */
    watched: (service: string) => watches.get(service),
    /** What the next looks at readiness find. */
    finds: (service: string, looked: Looked) => readiness.set(service, looked),
    /** What becomes of the reports of a service's months and quarters. */
    makes: (service: string, make: (call: PeriodCall) => MadePeriod) => periods.set(service, make),
    write: (service: string, text: string) => files.set(service, text),
    looked: (service: string, state: Partial<ValidationDue>) =>
      looks.set(service, { due: true, failing: true, at: new Date(0).toISOString(), why: 'a point failed', ...state }),
    rescript: (service: string, script: Script) => scripts.set(service, script),
    service(script: Script): string {
      const service = `svc-${randomUUID().slice(0, 8)}`;
      scripts.set(service, script);
      return service;
    },
    /** A run of a service that is scripted already. */
    async startOf(service: string) {
      return await this.start(scripts.get(service) as Script, { service });
    },
    async start(script: Script, input: Partial<RunInput> = {}, type = 'failover') {
      const service = input.service ?? this.service(script);
      const handle = await client.workflow.start(type, {
        taskQueue: 'muster',
        workflowId: `${service}/recovery`,
        args: [{ procedure: 'failover', service, by: 'asker', ...input }],
      });
      return runOf(handle);
    },
    async close() {
      for (const worker of workers) worker.shutdown();
      await running;
      await connection.close();
      await client.connection.close();
    },
  };
}

export function runOf(handle: WorkflowHandle) {
  const status = () => handle.query<RunStatus>('status');
  return {
    handle,
    status,
    update: (name: string, payload: object) =>
      handle.executeUpdate<DecisionAnswer, [object]>(name, { args: [payload] }),
    signal: (name: string, payload: object) => handle.signal(name, payload),
    go: (more: object = {}) =>
      handle.executeUpdate<DecisionAnswer, [object]>('approve', {
        args: [{ by: 'approver', decision: 'go', playbook: hash, accept: [], ...more }],
      }),
    async until(condition: (status: RunStatus) => boolean): Promise<RunStatus> {
      const deadline = Date.now() + 20_000;
      for (;;) {
        const now = await status();
        if (condition(now)) return now;
        if (Date.now() > deadline) throw new Error(`never came: ${JSON.stringify(now, null, 1)}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
    stateOf: async (id: string) => stepOf(await status(), id),
    result: () => handle.result() as Promise<{ phase: string; summary: string }>,
  };
}

export function stepOf({ stages }: RunStatus, id: string) {
  return stages.flatMap((stage) => stage.ranks.flat()).find((step) => step.id === id);
}

export function act(id: string, input: object = {}, more: Partial<Step> = {}): Step {
  return {
    id,
    kind: 'act',
    version: 1,
    title: `Act ${id}`,
    input: input as Record<string, unknown>,
    queue: 'muster-west',
    fallback: 'muster-fallback',
    limits: { startToClose: 30_000, heartbeat: 2_000, scheduleToStart: 1_000, budget: 30_000 },
    undoable: false,
    needs: [],
    required: true,
    expected: 0,
    ...more,
  };
}

export function stage(title: string, ...ranks: Step[][]): PlaybookItem {
  return { type: 'stage', title, ranks };
}

function assessmentOf(service: string, procedure: string, risks: Assessment['risks']): Assessment {
  return {
    service,
    procedure,
    from: 'east',
    to: 'west',
    at: new Date().toISOString(),
    plan: 'p'.repeat(64),
    facts: [],
    risks,
    hosts: [],
  };
}

/** What goes between the workflows and the activities: plain data, one object each way. */

import type { ApprovalPolicy } from '../approvals/approvals.ts';
import type { Level } from '../notices/events.ts';
import type { NoticePolicy } from '../plan/escalation.ts';
import type { Assessment } from '../playbook/assessment.ts';
import type { Playbook, Step } from '../playbook/playbook.ts';
import type { Procedure } from '../playbook/procedures.ts';
import type { Progress } from '../playbook/replan.ts';
import type { LookDepth } from '../points/verification.ts';
import type { Hold } from './lease.ts';
import type { RunRequest } from './requests.ts';
import type { Approval, RiskAcceptance } from './run.ts';

/** What every step activity is called with. */
export interface StepCall {
  readonly run: string;
  readonly service: string;
  readonly step: Step;
  readonly generation: number;
  /** Outputs of the steps named in `needs`. */
  readonly outputs: Readonly<Record<string, unknown>>;
  /** What the run holds; absent in runs that took no lease. Read before every change. */
  readonly leases?: readonly Hold[];
}

/** What every step activity answers. `busy` in ms, as the worker measured its attempt. */
export interface StepAnswer {
  readonly output: StepOutput;
  readonly busy: number;
  readonly worker: string;
}

/** What `noteBefore` answers: what was there before an undoable step. `busy` in ms. */
export interface NotedBefore {
  readonly state: unknown;
  readonly busy: number;
}

/** Outputs are the step's own; these fields mean the same everywhere. */
export interface StepOutput {
  /** A short word for people: `done already`, `fenced`. */
  readonly outcome?: string;
  /** What the step made true, a sentence; the end of a run that restores nothing says it. */
  readonly summary?: string;
  /** First healthy answer seen from outside, ISO; sets the recovery time of the run. */
  readonly recoveredAt?: string;
  readonly recoveredSource?: string;
  /** What people must be told at once, whatever becomes of the run. */
  readonly alarm?: string;
  /** What the alarm is of, for those who sort notices; `alarm` where absent. */
  readonly event?: string;
  /** Recovery points failed a look of this depth: one is taken daily until it passes. */
  readonly validate?: LookDepth;
  /** The lease that the run holds from now on, where the step took it; `term` in ms. */
  readonly leases?: readonly Hold[];
  readonly term?: number;
  /** A run that this one asks for when it has ended; it goes its own way. */
  readonly follow?: FollowUp;
  readonly [field: string]: unknown;
}

/** Input of a run that another one asks for; service and sites are its own. */
export interface FollowUp extends RunRequest {
  readonly procedure: Procedure;
  readonly label: string;
  readonly reason: string;
}

/** How a drill stands: `killed` is one that could not clean up behind itself. */
export type DrillEnd = 'runs' | 'in order' | 'killed';

export interface UndoCall extends StepCall {
  readonly before: unknown;
}

/** Renews or gives back what a run holds. */
export interface LeaseCall {
  readonly what: 'renew' | 'release';
  readonly service: string;
  readonly run: string;
  readonly leases: readonly Hold[];
  /** ms */
  readonly term: number;
  /** The service is served again and only watched. */
  readonly settled: boolean;
}

export interface AssessCall {
  readonly run: string;
  readonly procedure: Procedure;
  readonly service: string;
  readonly from?: string;
  readonly to?: string;
  readonly point?: string;
  /** ISO; the time of the run's start. */
  readonly at: string;
  /** What was asked for beyond service and sites. */
  readonly request?: RunRequest;
}

export interface CompileCall {
  readonly run: string;
  readonly procedure: Procedure;
  readonly label: string;
  /** Who asked for the run; absent where nothing is started. */
  readonly by?: string;
  readonly assessment: Assessment;
  /** The recovery point that the run was asked for by name. */
  readonly point?: string;
  readonly request?: RunRequest;
  /** Where a run's plan changes: what is done already. */
  readonly progress?: Progress;
}

export interface Compiled {
  readonly playbook: Playbook;
  /** SHA-256 over the RFC 8785 bytes of the playbook's decisions, hex. */
  readonly sha256: string;
  readonly policy: ApprovalPolicy;
  /** Why it goes without a person, where the plan lets it; `policy.required` is false then. */
  readonly automatic?: string;
  /** RTO of the procedure, ms, where the plan has one. */
  readonly rto?: { readonly expected: number; readonly maximum: number };
  /** How what people are told is followed up. Absent where the plan does not ask for it, as in older runs. */
  readonly notices?: NoticePolicy;
  /** What goes into the audit log: every step but those of these kinds, which only read. Absent: nothing, as in older runs. */
  readonly audit?: { readonly reads: readonly string[] };
  /** Queue of the site that acts, and its fallback; for the run's own activities. */
  readonly queue: string;
  readonly fallback: string;
}

/** A playbook that people let go, kept for the approvers of the next one of its kind. */
export interface ApprovedCall {
  /** ISO */
  readonly at: string;
  readonly by: readonly string[];
  /** Hex, as approved. */
  readonly sha256: string;
  readonly playbook: Playbook;
}

/** What people may sign. */
export type SignedDecision = Approval | RiskAcceptance;

export interface VerifyCall {
  readonly decision: SignedDecision;
  /** OpenSSH `allowed_signers` lines. */
  readonly signers: string;
  /** ISO, by the server's clock. */
  readonly at: string;
}

export interface NoticeCall {
  readonly service: string;
  readonly run: string;
  readonly event: string;
  readonly severity: 'info' | 'warning' | 'danger';
  readonly text: string;
  readonly fields: Readonly<Record<string, string>>;
  /** Absent where no run tells it, as in runs of older builds. */
  readonly procedure?: Procedure;
  /** As the plan has it; else as the table of events has it. */
  readonly level?: Level;
  /** What it is about, where somebody has to do something: what is acknowledged and closed by this name. */
  readonly matter?: string;
  /** Not said anew: somebody looks after it, or it is over. */
  readonly change?: 'acknowledged' | 'resolved';
  /** These receivers alone, whatever they hear at once; or all but these. */
  readonly only?: readonly string[];
  readonly except?: readonly string[];
}

/** Receiver to whether it took a notice. */
export interface Delivery {
  readonly name: string;
  readonly sent: boolean;
  /** Why not; empty when sent. */
  readonly why: string;
}

/** What `notify` answers; older builds answered the deliveries alone. */
export interface ToldPeople {
  readonly deliveries: readonly Delivery[];
  /** Of the plan, for those who have no playbook to take it from. */
  readonly policy?: NoticePolicy;
}

/** What a procedure's workflow answers when it ends. */
export interface RunResult {
  readonly run: string;
  readonly workflowId: string;
  readonly phase: string;
  /** One sentence that says what is true now. */
  readonly summary: string;
  /** Where the report lies; empty when none could be written. */
  readonly reports: readonly string[];
  readonly point?: string;
}

/** What a Query is told that a worker cannot answer without harm to the run; the next one, a moment later, can be answered. */
export const askAgain = 'A worker is taking this run over. Try: ask again in a few seconds.';

/** Queue that every worker polls for workflows. */
export const workflowQueue = 'muster';

/** `us-west-2` -> `muster-us-west-2` */
export function queueOf(region: string): string {
  return `muster-${region}`;
}

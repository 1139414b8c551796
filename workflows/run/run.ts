/**
 * One run in memory: the status that people see, the decisions they sent, and the clock's bookkeeping.
 *
 * Only this class changes the status, so that the query, the UI's details and the search attributes never disagree.
 */
import {
  CancellationScope,
  CancelledFailure,
  condition,
  setCurrentDetails,
  upsertMemo,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { z } from 'zod';
import type { Assessment } from '../../domain/playbook/assessment.ts';
import type { Playbook, Step } from '../../domain/playbook/playbook.ts';
import { commandFor, type Procedure } from '../../domain/playbook/procedures.ts';
import type { Hold } from '../../domain/run/lease.ts';
import { presentStatus } from '../../domain/run/present.ts';
import { askedBy } from '../../domain/run/present-approval.ts';
import type { Compiled, StepOutput } from '../../domain/run/protocol.ts';
import type { Replan, RunStatus, runInputSchema, StepStatus, TimelineEntry } from '../../domain/run/run.ts';
import { searchAttributes } from '../../domain/run/search-attributes.ts';
import type { Escalations } from '../notices/escalations.ts';
import { escalationsOf, tellingOf } from '../notices/notify.ts';
import type { Telling } from '../notices/telling.ts';
import { AuditTrail } from './audit.ts';
import type { Failure } from './failures.ts';
import { pendingItem } from './pending.ts';
import { doneBefore, takeUp } from './replan.ts';
import { asSummary } from './summary.ts';
import { WaitingClock } from './waiting.ts';

type Input = z.output<typeof runInputSchema>;
type Needed = RunStatus['needs'][number];

/** What an operator decided for a failed step. */
export interface StepVerdict {
  readonly action: 'retry' | 'skip';
  readonly by: string;
  readonly reason: string;
}

/** Who ended the run before its end. */
export interface Abort {
  readonly by: string;
  readonly reason: string;
  /** The real recovery that it made way for. */
  readonly goesFirst?: string;
}

/** Registered before the act: what to put back, and what was there. */
export interface Undo {
  readonly step: Step;
  readonly before: unknown;
  /** Of the step that made the change: what is put back is never taken for what was put back before. */
  readonly generation: number;
}

export class Run {
  readonly status: RunStatus;
  readonly input: Input;
  /** Everything that an abort cancels. */
  readonly work = new CancellationScope();
  readonly outputs = new Map<string, StepOutput>();
  readonly verdicts = new Map<string, StepVerdict>();
  readonly confirmed = new Map<string, { by: string; reason: string; answer?: string }>();
  readonly undo: Undo[] = [];
  readonly telling: Telling;
  /** What people were told and nobody has dealt with; does nothing where the plan follows nothing up. */
  readonly escalations: Escalations;
  readonly trail = new AuditTrail();
  readonly waiting: WaitingClock;
  /** What the run may change the service by; every mutating attempt reads it. Empty until a step took it. */
  leases: readonly Hold[] = [];
  /** ms that it holds without being renewed. */
  term: number | undefined;
  plan: Compiled | undefined;
  assessment: Assessment | undefined;
  abort: Abort | undefined;
  failure: Failure | undefined;
  /** How often somebody let it on by one stage. */
  letOn = 0;
  /** End of the maintenance window, ISO; undefined where there is none, or somebody lets it go on all the same. */
  windowEnd: string | undefined;
  /** ms since 1970 at which the last wait for a person ended; undefined where nobody was waited for. */
  waitedUntil: number | undefined;
  /** Somebody changed the plan: the run goes on with a new playbook. */
  replan: Replan | undefined;
  /** The changed plan was refused; only another change or an abort leads on. */
  planRefused = false;
  /** Why a planned move was given up before its point of no return. */
  gaveUp: Failure | undefined;
  /** After a putting back: what is not as it was, of what was looked at. Undefined where nobody looked. */
  unsteady: string[] | undefined;
  undone: string[] = [];
  notUndone: string[] = [];
  expired = false;
  /** The time limit has passed, and others may approve too. */
  escalated = false;
  /** Approvals whose signature is being verified. */
  verifying = 0;
  ended = false;
  executionStarted: number | undefined;
  executionEnded: number | undefined;
  report: unknown;
  /** Search attributes as last written; each write is an event, so only changes are. */
  private attributes = '';

  constructor(procedure: Procedure, input: Input, id: string) {
    this.input = input;
    const now = new Date();
    this.waiting = new WaitingClock();
    this.telling = tellingOf(this);
    this.escalations = escalationsOf(this);
    this.windowEnd = input.until ?? input.goesOn?.until;
    this.status = {
      run: id,
      workflowId: workflowInfo().workflowId,
      service: input.service,
      procedure,
      from: input.from ?? '',
      to: input.to ?? '',
      phase: 'assessing',
      paused: false,
      needs: [],
      requestedBy: input.by,
      reason: input.reason,
      facts: [],
      risks: [],
      approvals: [],
      stages: [],
      passedNoReturn: false,
      clock: {
        declared: { at: now.toISOString(), source: `start of this run, by ${input.by}` },
        spoken: [],
        waiting: 0,
      },
      timeline: [],
      queue: workflowInfo().taskQueue,
    };
    if (input.goesOn) takeUp(this, input.goesOn);
    if (input.goesOn) this.note('start', `goes on with plan ${input.goesOn.revision}`, input.goesOn.because.by);
    else
      this.note('start', `${procedure} of ${input.service} asked for: ${input.reason || 'no reason given'}`, input.by);
    upsertMemo({ run: id, service: input.service, procedure, by: input.by });
  }

  get playbook(): Playbook | undefined {
    return this.plan?.playbook;
  }

  phase(phase: RunStatus['phase']): void {
    this.status.phase = phase;
    if (phase === 'executing') this.executionStarted = Date.now();
    if (this.executionStarted !== undefined && phase !== 'executing') this.executionEnded ??= Date.now();
    this.publish();
  }

  assessed(assessment: Assessment): void {
    this.assessment = assessment;
    this.status.from = assessment.from;
    this.status.to = assessment.to;
    this.status.facts = assessment.facts;
    this.status.risks = assessment.risks;
    this.status.point = assessment.point;
    if (assessment.outageStart) {
      this.status.clock.outage = { at: assessment.outageStart, source: 'first failed request of the observer' };
    }
    for (const risk of assessment.risks) this.note('risk', `${risk.id}: ${risk.text}`);
    this.publish();
  }

  compiled(compiled: Compiled): void {
    this.plan = compiled;
    this.status.playbook = compiled.sha256;
    this.status.clock.expected = compiled.rto?.expected;
    this.status.clock.maximum = compiled.rto?.maximum;
    this.status.asks = askedBy(compiled.policy);
    if (compiled.notices) this.escalations.begin(compiled.notices);
    this.status.stages = [
      ...compiled.playbook.items.map(pendingItem),
      ...doneBefore(this.input.goesOn, compiled.playbook),
    ];
    for (const [id, generation] of Object.entries(this.input.goesOn?.generations ?? {})) {
      const step = this.stepStatus(id);
      if (step?.state === 'pending') step.generation = generation;
    }
    this.note('fact', `playbook ${compiled.sha256} compiled`);
    this.publish();
  }

  /** `FAILOVER us-east-1 -> us-west-2` */
  direction(): string {
    const { procedure, from, to } = this.status;
    return `${procedure.toUpperCase()} ${from === to ? from : `${from} -> ${to}`}`;
  }

  stepStatus(id: string): StepStatus | undefined {
    for (const stage of this.status.stages) {
      for (const step of stage.ranks.flat()) if (step.id === id) return step;
    }
    return undefined;
  }

  note(kind: TimelineEntry['kind'], text: string, by?: string): void {
    this.status.timeline.push({ at: new Date().toISOString(), kind, text, by });
    this.trail.timeline({ kind, text, by });
  }

  /** A person is needed until `until` holds (or the run is stopped); the time counts as waiting for people. */
  async need(what: string, how: string, until: () => boolean, timeout?: number): Promise<boolean> {
    const needed: Needed = { what, how, since: new Date().toISOString() };
    this.status.needs.push(needed);
    this.waiting.begin(what);
    this.publish();
    try {
      if (timeout === undefined) {
        await condition(until);
        return true;
      }
      return await condition(until, timeout, { summary: asSummary(`Wait no longer for ${what}`) });
    } finally {
      this.waiting.end();
      this.waitedUntil = Date.now();
      this.status.needs = this.status.needs.filter((other) => other !== needed);
      this.publish();
    }
  }

  /** Holds before the next step while an operator has paused the run. */
  async untilResumed(): Promise<void> {
    if (!this.status.paused) return;
    await this.need('the run is paused', commandFor(this.status, 'resume'), () => !this.status.paused);
  }

  /** Holds before the next stage while an operator wants it so; what runs goes on. */
  async untilLetOn(title: string): Promise<void> {
    if (!this.status.held) return;
    const turn = this.letOn;
    const what = `the run is held before "${title}"`;
    await this.need(what, commandFor(this.status, 'resume'), () => !this.status.held || this.letOn > turn);
  }

  /** An abort while a step ends well all the same must not be overtaken by what comes next. */
  assertGoing(): void {
    if (this.work.consideredCancelled) throw new CancelledFailure('the run is being stopped');
  }

  stop(abort: Abort): void {
    if (this.abort) return;
    this.abort = abort;
    this.note('decision', `abort${abort.reason ? `: ${abort.reason}` : ''}`, abort.by);
    this.work.cancel();
  }

  async noticesSent(): Promise<void> {
    // One that could not be sent is said to the others: that is waited for too.
    while (this.telling.pending.size > 0) await Promise.all(this.telling.pending);
  }

  /** Brings query, UI details and search attributes to the same state. */
  publish(): void {
    this.status.clock.waiting = this.waiting.total();
    this.status.clock.waits = this.waiting.spans();
    setCurrentDetails(presentStatus(this.status, { now: new Date().toISOString() }));
    const needs = this.status.needs.length > 0 ? 'person' : 'nothing';
    const attributes = `${this.status.phase} ${needs}`;
    if (attributes === this.attributes) return;
    this.attributes = attributes;
    upsertSearchAttributes([
      { key: searchAttributes.service, value: this.status.service },
      { key: searchAttributes.procedure, value: this.status.procedure },
      { key: searchAttributes.phase, value: this.status.phase },
      { key: searchAttributes.needs, value: needs },
    ]);
  }
}

/**
 * A run's own end of the audit log: what is said is kept here in order and written by an activity beside the run, which
 * never waits for it before its end. What could not be written somewhere is said in the log itself, and brought there later.
 */
import { CancellationScope, condition, sleep } from '@temporalio/workflow';
import type { AuditAnswer, AuditCall, AuditDraft, AuditLeft, OwedEntry } from '../../domain/audit/audit.ts';
import type { Step } from '../../domain/playbook/playbook.ts';
import type { Compiled } from '../../domain/run/protocol.ts';
import type { StepStatus, TimelineEntry } from '../../domain/run/run.ts';
import { notify } from '../notices/notify.ts';
import { callActivity } from './call-activity.ts';
import { describeFailure } from './failures.ts';
import { summaryOf } from './outcome.ts';
import type { Run } from './run.ts';

/** ms that operations gather before they are written; decisions go at once. */
const gathering = 2_000;
/** ms before a location, or all of them, are tried again. */
const pause = 60_000;
/** ms that a run's end waits for its last entries. */
const atTheEnd = 20_000;
/** Entries of one write; the rest follows. */
const mostAtOnce = 100;
/** Characters of what a step or a person said. */
const longestText = 2_000;

const ofTimeline: Partial<Record<TimelineEntry['kind'], AuditDraft['kind']>> = {
  start: 'asked',
  fact: 'fact',
  risk: 'risk',
  decision: 'decision',
  note: 'note',
  undo: 'undo',
};

export class AuditTrail {
  /** Said and not written yet. */
  readonly pending: AuditDraft[] = [];
  readonly owed = new Map<string, OwedEntry[]>();
  /** Location to when it is tried again. */
  readonly away = new Map<string, number>();
  previous: string | null = null;
  urgent = false;
  sealed = false;
  written = false;
  /** The last write was taken by nobody. */
  failing = false;
  /** `unknown` until the playbook says whether this run is logged. */
  state: 'unknown' | 'on' | 'off' = 'unknown';
  private said = 0;
  private reads: readonly string[] = [];

  /** Of an older build, or of what is not logged: what was said so far is forgotten. */
  begin(audit: Compiled['audit']): boolean {
    this.reads = audit?.reads ?? [];
    this.state = audit ? 'on' : 'off';
    if (!audit) this.pending.length = 0;
    return audit !== undefined;
  }

  /** For the execution after this one, which goes on with the same chain. What is being written now is written there again, the same. */
  left(): AuditLeft | undefined {
    if (this.state !== 'on') return undefined;
    const { said, previous, reads } = this;
    return { said, previous, reads: [...reads], pending: [...this.pending], owed: [...this.owed] };
  }

  takeUp({ said, previous, reads, pending, owed }: AuditLeft): void {
    this.said = said;
    this.previous = previous;
    this.reads = reads;
    this.pending.push(...pending);
    for (const [location, entries] of owed) this.owed.set(location, entries);
  }

  add(kind: AuditDraft['kind'], text: string, more: Partial<AuditDraft> = {}): void {
    if (this.state === 'off' || this.sealed) return;
    this.said += 1;
    const short = text.length > longestText ? `${text.slice(0, longestText)} ...` : text;
    this.pending.push({ n: this.said, at: new Date().toISOString(), kind, text: short, ...more });
    if (kind !== 'operation' && kind !== 'unwritten') this.urgent = true;
  }

  timeline({ kind, text, by }: Omit<TimelineEntry, 'at'>): void {
    const as = ofTimeline[kind];
    if (as) this.add(as, text, by === undefined ? {} : { by });
  }

  operation(step: Step, { generation, worker }: StepStatus, state: AuditDraft['state'], text = ''): void {
    if (this.reads.includes(step.kind)) return;
    const where = worker && state === 'done' ? ` on ${worker}` : '';
    this.add('operation', `${step.title}${text && `: ${text}`}${where}`, { step: step.id, generation, state });
  }

  /** The last entry says how many there are: nothing is added after it. */
  seal(text: string): void {
    const lacking = [...this.owed.keys()].join(', ');
    const entries = this.said + 1;
    this.add('end', lacking ? `${text} (not all of this log is at ${lacking})` : text, { entries });
    this.sealed = true;
  }
}

/** Writes for as long as the run lasts. A run that goes on with another plan is logged as before. */
export function startAudit(run: Run): void {
  if (run.trail.state === 'on') return;
  if (run.trail.begin(run.input.goesOn?.audit ?? run.plan?.audit))
    void CancellationScope.nonCancellable(() => keepAudit(run));
}

/** What was said is written before the run goes on elsewhere; what is not by then goes along. */
export async function handOnAudit(run: Run): Promise<void> {
  const { trail } = run;
  if (trail.state !== 'on' || trail.pending.length === 0) return;
  trail.urgent = true;
  await condition(() => trail.pending.length === 0, atTheEnd / 2, { summary: 'The audit log up to here' });
}

/** Seals the log and gives its last entries a while. */
export async function endAudit(run: Run): Promise<void> {
  if (run.trail.state !== 'on') return;
  run.trail.seal(`${run.status.phase}: ${summaryOf(run)}`);
  if (await condition(() => run.trail.written, atTheEnd, { summary: 'The last entries of the audit log' })) return;
  notify(run, 'audit-unwritten', `${run.direction()}: the end of its audit log could not be written`, 'danger');
  await run.noticesSent();
}

async function keepAudit(run: Run): Promise<void> {
  const { trail } = run;
  while (!trail.written) {
    await condition(() => trail.pending.length > 0);
    const soon = () => trail.urgent || trail.sealed;
    if (!soon()) await condition(soon, gathering, { summary: 'Gather entries of the audit log' });
    trail.urgent = false;
    const done = await flush(run);
    trail.written = trail.sealed && trail.pending.length === 0;
    if (!done) await again(trail);
  }
}

/** At its end a run waits for a moment only. */
async function again(trail: AuditTrail): Promise<void> {
  const summary = 'Write the audit log again';
  if (trail.sealed) await sleep(2_000, { summary });
  else await condition(() => trail.sealed, pause, { summary });
}

/** False when nobody took it: the same entries are written again later. */
async function flush(run: Run): Promise<boolean> {
  const { trail, status } = run;
  const entries = trail.pending.slice(0, mostAtOnce);
  const leaveOut = [...trail.away].filter(([, until]) => until > Date.now()).map(([location]) => location);
  const owed = [...trail.owed]
    .filter(([location]) => !leaveOut.includes(location))
    .map(([location, all]) => ({ location, entries: all.slice(0, mostAtOnce) }));
  const { service, run: id, procedure } = status;
  const call: AuditCall = { service, run: id, procedure, entries, previous: trail.previous, leaveOut, owed };
  try {
    took(trail, entries, leaveOut, owed, await write(run, call));
    trail.failing = false;
    return true;
  } catch (error) {
    // Said once; the entries themselves wait.
    if (!trail.failing) run.note('notice', `the audit log could not be written: ${describeFailure(error).message}`);
    trail.failing = true;
    trail.away.clear();
    return false;
  }
}

function took(
  trail: AuditTrail,
  entries: readonly AuditDraft[],
  leftOut: readonly string[],
  owed: AuditCall['owed'],
  answer: AuditAnswer,
): void {
  trail.pending.splice(0, entries.length);
  trail.previous = answer.last;
  for (const location of answer.caughtUp) {
    const brought = owed.find((each) => each.location === location)?.entries.length ?? 0;
    const left = trail.owed.get(location)?.slice(brought) ?? [];
    if (left.length > 0) trail.owed.set(location, left);
    else if (trail.owed.delete(location)) trail.add('unwritten', `${location} has all of this log again`);
    trail.away.delete(location);
  }
  const lacking = [...leftOut.map((location) => ({ location, why: '' })), ...answer.missed];
  for (const { location, why } of lacking) {
    const known = trail.owed.get(location);
    trail.owed.set(location, [...(known ?? []), ...entries.map(({ n, at }) => ({ n, at }))]);
    if (!leftOut.includes(location)) trail.away.set(location, Date.now() + pause);
    if (!known) trail.add('unwritten', `from entry ${entries[0]?.n} on this log is not at ${location}: ${why}`);
  }
}

async function write(run: Run, call: AuditCall): Promise<AuditAnswer> {
  const { plan } = run;
  const [first, last] = [call.entries[0]?.n, call.entries.at(-1)?.n];
  return await callActivity<AuditAnswer>(
    {
      name: 'writeAudit',
      summary: `Write the audit log, entries ${first} to ${last}`,
      queues: plan ? [plan.queue, plan.fallback] : ['muster-fallback'],
      limits: { startToClose: 15_000, scheduleToStart: 5_000, budget: 30_000, heartbeat: 10_000 },
    },
    call,
  );
}

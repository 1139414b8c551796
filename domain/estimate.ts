/** Time left and the RTO bar: what a run is expected to need still, and how much of its promise has passed. Pure. */
import { formatDuration } from './duration.ts';
import type { Playbook } from './playbook.ts';
import type { StageStatus, StepStatus } from './run.ts';

export interface TimeLeft {
  /** ms until the last stage before the watch is done, people's waiting not counted. */
  readonly ms: number;
  /** Steps that run longer than they were expected to. */
  readonly overdue: readonly string[];
  /** Open steps for which nothing is known; they count as 0. */
  readonly unknown: readonly string[];
}

/** Ranks run one after another and the steps of a rank side by side, so the longest step of each rank counts. */
export function timeLeft(stages: readonly StageStatus[], now: string): TimeLeft {
  const overdue: string[] = [];
  const unknown: string[] = [];
  let ms = 0;
  for (const stage of stages) {
    if (stage.type === 'watch' || stage.state === 'done') continue;
    for (const rank of stage.ranks) {
      const open = rank.filter(isOpen);
      for (const step of open) {
        if (step.expected === 0) unknown.push(step.id);
        else if (step.state === 'running' && elapsedOf(step, now) > step.expected) overdue.push(step.id);
      }
      ms += Math.max(0, ...open.map((step) => remainingOf(step, now)));
    }
  }
  return { ms, overdue, unknown };
}

/** ms a playbook is expected to take, without the watch after it and without people. */
export function expectedDuration(playbook: Playbook): number {
  let ms = 0;
  for (const item of playbook.items) {
    if (item.type !== 'stage') continue;
    for (const rank of item.ranks) ms += Math.max(...rank.map((step) => step.expected));
  }
  return ms;
}

/** `about 4m10s, 2 steps over their time` */
export function describeTimeLeft(left: TimeLeft): string {
  const parts = [left.ms > 0 ? `about ${formatDuration(left.ms)}` : 'nothing known'];
  if (left.overdue.length > 0) parts.push(`over its time: ${left.overdue.join(', ')}`);
  return parts.join('; ');
}

export interface RtoClock {
  /** ISO */
  readonly declaredAt: string;
  /** ms */
  readonly expected?: number | undefined;
  readonly maximum?: number | undefined;
  /** ISO; the clock stands still here once the service is back. */
  readonly recoveredAt?: string | undefined;
  readonly now: string;
}

export interface RtoBar {
  /** ms since the declaration, or until the recovery. */
  readonly passed: number;
  /** Of the maximum; undefined when the plan promises nothing. */
  readonly percent: number | undefined;
  /** The marks of 50, 80 and 100 % that have passed. */
  readonly marks: readonly number[];
  /** The next mark and the ms until it. */
  readonly next: { readonly percent: number; readonly in: number } | undefined;
  readonly stopped: boolean;
}

/** Percentages of the maximum at which a run speaks. */
const rtoMarks = [50, 80, 100] as const;

export function rtoBar(clock: RtoClock): RtoBar {
  const passed = Math.max(0, Date.parse(clock.recoveredAt ?? clock.now) - Date.parse(clock.declaredAt));
  const { maximum } = clock;
  const stopped = clock.recoveredAt !== undefined;
  if (maximum === undefined || maximum <= 0) return { passed, percent: undefined, marks: [], next: undefined, stopped };
  const percent = (passed / maximum) * 100;
  const coming = rtoMarks.find((mark) => percent < mark);
  const next =
    coming === undefined || stopped
      ? undefined
      : { percent: coming, in: Math.round((maximum * coming) / 100 - passed) };
  return { passed, percent, marks: rtoMarks.filter((mark) => percent >= mark), next, stopped };
}

/** `[######----|-----|---] 4m10s of 15m (28 %), expected 12m30s; 50 % in 3m20s`. ASCII, so that it fits every log. */
export function renderRtoBar(clock: RtoClock, width = 30): string {
  const bar = rtoBar(clock);
  const { maximum } = clock;
  if (bar.percent === undefined || maximum === undefined) return `${formatDuration(bar.passed)}, no RTO in the plan`;
  const filled = Math.min(width, Math.floor((bar.percent / 100) * width));
  const cells = Array.from({ length: width }, (_, cell) => (cell < filled ? '#' : markAt(cell, width) ? '|' : '-'));
  const expected = clock.expected === undefined ? '' : `, expected ${formatDuration(clock.expected)}`;
  return `[${cells.join('')}] ${formatDuration(bar.passed)} of ${formatDuration(maximum)} (${Math.floor(bar.percent)} %)${expected}${tail(bar, maximum)}`;
}

function tail(bar: RtoBar, maximum: number): string {
  if (bar.stopped) return bar.passed <= maximum ? '; the service is back' : '; the service is back, too late';
  if (bar.next) return `; ${bar.next.percent} % in ${formatDuration(bar.next.in)}`;
  return `; over by ${formatDuration(bar.passed - maximum)}`;
}

function markAt(cell: number, width: number): boolean {
  return rtoMarks.some((mark) => Math.ceil((mark / 100) * width) - 1 === cell);
}

function isOpen(step: StepStatus): boolean {
  return step.state === 'pending' || step.state === 'running' || step.state === 'failed';
}

function elapsedOf(step: StepStatus, now: string): number {
  return step.startedAt === undefined ? 0 : Date.parse(now) - Date.parse(step.startedAt);
}

function remainingOf(step: StepStatus, now: string): number {
  return step.state === 'running' ? Math.max(0, step.expected - elapsedOf(step, now)) : step.expected;
}

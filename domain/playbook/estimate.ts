/** Time left and the RTO bar: what a run is expected to need still, and how much of its promise has passed. Pure. */

import { formatDuration } from '../duration.ts';
import { endedPhases, type RunStatus, type StageStatus, type StepStatus } from '../run/run.ts';
import { criticalPath } from './critical-path.ts';
import type { Playbook } from './playbook.ts';
import { traitsOf } from './procedures.ts';

export interface TimeLeft {
  /** ms until the last stage before the watch is done, people's waiting not counted. */
  readonly ms: number;
  /** Steps that run longer than they were expected to. */
  readonly overdue: readonly string[];
  /** Open steps for which nothing is known; they count as 0. */
  readonly unknown: readonly string[];
}

/** By what each open step is expected to need, along the critical path. */
export function timeLeft(stages: readonly StageStatus[], now: string): TimeLeft {
  const open = stages
    .filter((stage) => stage.type !== 'watch' && stage.state !== 'done')
    .flatMap((stage) => stage.ranks.flat())
    .filter(isOpen);
  return {
    ms: criticalPath(stages.map((stage) => ({ ...stage, ranks: mapSteps(stage, (step) => remainingOf(step, now)) }))),
    overdue: open
      .filter((step) => step.state === 'running' && step.expected > 0 && elapsedOf(step, now) > step.expected)
      .map((step) => step.id),
    unknown: open.filter((step) => step.expected === 0).map((step) => step.id),
  };
}

/** ms a playbook is expected to take, without the watch after it and without people. */
export function expectedDuration(playbook: Playbook): number {
  return criticalPath(
    playbook.items.map((item) => {
      if (item.type !== 'stage') return { type: item.type, ranks: [] };
      return { ...item, ranks: item.ranks.map((rank) => rank.map((step) => step.expected)) };
    }),
  );
}

/**
 * `about 42s, as in earlier runs; restore-logs is over its time`. Where no earlier run says anything it is what the plan
 * expects as a whole: `14m20s of the 15m that the plan expects (no earlier run to go by)`.
 */
export function describeTimeLeft(status: Pick<RunStatus, 'stages' | 'clock'>, now: string): string {
  const left = timeLeft(status.stages, now);
  const over = left.overdue.length > 0 ? `; over its time: ${left.overdue.join(', ')}` : '';
  const steps = status.stages.flatMap((stage) => stage.ranks.flat());
  if (steps.some((step) => step.expected > 0)) {
    const missing = left.unknown.length > 0 ? `, and what is not known of ${left.unknown.join(', ')}` : '';
    return `about ${formatDuration(left.ms)}${missing}, as in earlier runs${over}`;
  }
  const { expected, declared } = status.clock;
  if (expected === undefined) return 'not known: no earlier run to go by';
  const rest = expected - (Date.parse(now) - Date.parse(declared.at));
  const whole = `${formatDuration(expected)} that the plan expects (no earlier run to go by)`;
  return rest >= 0 ? `${formatDuration(rest)} of the ${whole}` : `${formatDuration(-rest)} over the ${whole}`;
}

export interface RtoClock {
  /** ISO */
  readonly declaredAt: string;
  /** ms */
  readonly expected?: number | undefined;
  readonly maximum?: number | undefined;
  /** ISO; the clock stands still here once the service is back. */
  readonly recoveredAt?: string | undefined;
  /** ISO; the end of a run, at which the clock stands still too, whether or not the service is back. */
  readonly endedAt?: string | undefined;
  readonly now: string;
}

export interface RtoBar {
  /** ms since the declaration, until the recovery or the end of the run. */
  readonly passed: number;
  /** Of the maximum; undefined when the plan promises nothing. */
  readonly percent: number | undefined;
  /** The marks of 50, 80 and 100 % that have passed. */
  readonly marks: readonly number[];
  /** The next mark and the ms until it. */
  readonly next: { readonly percent: number; readonly in: number } | undefined;
  readonly stopped: 'recovered' | 'ended' | undefined;
}

/** Percentages of the maximum at which a run speaks. */
const rtoMarks = [50, 80, 100] as const;

export function rtoBar(clock: RtoClock): RtoBar {
  const { maximum, recoveredAt, endedAt } = clock;
  const passed = Math.max(0, Date.parse(recoveredAt ?? endedAt ?? clock.now) - Date.parse(clock.declaredAt));
  const stopped = recoveredAt !== undefined ? 'recovered' : endedAt !== undefined ? 'ended' : undefined;
  if (maximum === undefined || maximum <= 0) return { passed, percent: undefined, marks: [], next: undefined, stopped };
  const percent = (passed / maximum) * 100;
  const coming = rtoMarks.find((mark) => percent < mark);
  const next =
    coming === undefined || stopped
      ? undefined
      : { percent: coming, in: Math.round((maximum * coming) / 100 - passed) };
  return { passed, percent, marks: rtoMarks.filter((mark) => percent >= mark), next, stopped };
}

/** The bar of a run; undefined for what restores nothing and has no RTO to keep. */
export function describeRto(status: RunStatus, now: string): string | undefined {
  if (!traitsOf(status.procedure).restores) return undefined;
  const { declared, expected, maximum, recovered } = status.clock;
  return renderRtoBar({
    declaredAt: declared.at,
    expected,
    maximum,
    recoveredAt: recovered?.at,
    endedAt: endOf(status),
    now,
  });
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
  if (bar.stopped === 'recovered')
    return bar.passed <= maximum ? '; the service is back' : '; the service is back, too late';
  if (bar.stopped === 'ended') return '; the run ended, and the service was not seen to be back';
  if (bar.next) return `; ${bar.next.percent} % in ${formatDuration(bar.next.in)}`;
  return `; over by ${formatDuration(bar.passed - maximum)}`;
}

function markAt(cell: number, width: number): boolean {
  return rtoMarks.some((mark) => Math.ceil((mark / 100) * width) - 1 === cell);
}

/** A run that has ended says so in its last entry. */
function endOf(status: RunStatus): string | undefined {
  const ended = endedPhases.includes(status.phase);
  return ended ? status.timeline.at(-1)?.at : undefined;
}

function mapSteps(stage: StageStatus, value: (step: StepStatus) => number): number[][] {
  return stage.ranks.map((rank) => rank.map(value));
}

function isOpen(step: StepStatus): boolean {
  return step.state === 'pending' || step.state === 'running' || step.state === 'failed';
}

function elapsedOf(step: StepStatus, now: string): number {
  return step.startedAt === undefined ? 0 : Date.parse(now) - Date.parse(step.startedAt);
}

function remainingOf(step: StepStatus, now: string): number {
  if (!isOpen(step)) return 0;
  return step.state === 'running' ? Math.max(0, step.expected - elapsedOf(step, now)) : step.expected;
}

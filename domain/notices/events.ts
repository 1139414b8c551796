/**
 * Every event that people are told of, and how urgent it is: P0 to P3 as in the runbooks' alert tables. The one table of them.
 *
 * P0 production is lost, or cannot be brought back as promised; P1 a promise is broken or about to be; P2 a warning; P3 for the record.
 */
import { type Procedure, traitsOf } from '../playbook/procedures.ts';

export const levels = ['P0', 'P1', 'P2', 'P3'] as const;
export type Level = (typeof levels)[number];

/**
 * What somebody has to do about it. `decides`: the run waits for it, or it is over with the run. `stays`: it is so until somebody has
 * looked, whatever becomes of the run. `tells`: nothing, it is said.
 */
type Asks = 'decides' | 'stays' | 'tells';

interface EventTraits {
  readonly asks: Asks;
  /** In a recovery; in a planned move; in everything else. One level stands for all three. */
  readonly level: Level | readonly [recovery: Level, planned: Level, routine: Level];
  /** What it is about, where several events are about the same; the event itself where absent. */
  readonly about?: string;
}

export const noticeEvents = {
  started: { asks: 'tells', level: ['P0', 'P3', 'P3'] },
  'went-by-itself': { asks: 'stays', level: 'P0' },
  'approval-needed': { asks: 'decides', level: ['P0', 'P2', 'P2'], about: 'approval' },
  'approval-reminder': { asks: 'decides', level: ['P0', 'P1', 'P2'], about: 'approval' },
  'approval-escalated': { asks: 'decides', level: ['P0', 'P1', 'P1'], about: 'approval' },
  'approval-void': { asks: 'decides', level: ['P0', 'P1', 'P1'], about: 'approval' },
  'emergency-approval': { asks: 'tells', level: 'P1' },
  'rto-50': { asks: 'tells', level: ['P1', 'P2', 'P3'] },
  'rto-80': { asks: 'decides', level: ['P1', 'P1', 'P3'], about: 'rto' },
  'rto-100': { asks: 'decides', level: ['P0', 'P0', 'P2'], about: 'rto' },
  'step-failed': { asks: 'decides', level: ['P0', 'P0', 'P1'] },
  gate: { asks: 'decides', level: ['P0', 'P1', 'P1'] },
  stuck: { asks: 'decides', level: ['P1', 'P1', 'P2'] },
  'window-over': { asks: 'decides', level: 'P1' },
  replan: { asks: 'tells', level: ['P1', 'P2', 'P3'] },
  'replan-refused': { asks: 'decides', level: ['P0', 'P1', 'P1'] },
  lease: { asks: 'decides', level: ['P0', 'P1', 'P2'] },
  unhealthy: { asks: 'decides', level: ['P0', 'P0', 'P1'] },
  'both-sites-write': { asks: 'stays', level: 'P0' },
  'name-lost': { asks: 'stays', level: 'P0' },
  alarm: { asks: 'stays', level: 'P1' },
  'no-script': { asks: 'stays', level: 'P2' },
  'audit-unwritten': { asks: 'stays', level: 'P2' },
  done: { asks: 'tells', level: 'P3' },
  rejected: { asks: 'tells', level: ['P1', 'P3', 'P3'] },
  'put-back': { asks: 'stays', level: 'P1', about: 'ended' },
  aborted: { asks: 'stays', level: ['P0', 'P1', 'P2'], about: 'ended' },
  failed: { asks: 'stays', level: ['P0', 'P0', 'P1'], about: 'ended' },
  declared: { asks: 'tells', level: 'P0' },
  'outage-not-declared': { asks: 'stays', level: 'P0' },
  'catch-up': { asks: 'stays', level: 'P0' },
  skipped: { asks: 'tells', level: 'P3' },
  'drill-announced': { asks: 'tells', level: 'P3' },
  'drill-left-over': { asks: 'stays', level: 'P2' },
  unanswered: { asks: 'tells', level: ['P1', 'P1', 'P2'] },
  'less-ready': { asks: 'stays', level: 'P1' },
  'ready-again': { asks: 'tells', level: 'P3' },
  'period-report': { asks: 'tells', level: 'P3' },
  'period-not-stored': { asks: 'stays', level: 'P2' },
  'notice-failed': { asks: 'tells', level: 'P2' },
  'notice-test': { asks: 'tells', level: 'P3' },
} as const satisfies Record<string, EventTraits>;

export type NoticeEvent = keyof typeof noticeEvents;

/** An event that a step names itself and nobody has put into the table is as urgent as it is coloured. */
const byColour = { danger: 'P1', warning: 'P2', info: 'P3' } as const;

interface Told {
  readonly event: string;
  readonly severity: keyof typeof byColour;
  /** Absent where no run tells it. */
  readonly procedure?: Procedure;
}

/** @param own  the plan's own levels, by event */
export function levelOf(
  { event, severity, procedure }: Told,
  own: Readonly<Partial<Record<string, Level>>> = {},
): Level {
  const traits = traitsOfEvent(event);
  const level = own[event] ?? traits?.level ?? byColour[severity];
  return typeof level === 'string' ? level : (level[kindOf(procedure)] as Level);
}

/**
 * What a notice is about: decisions and acknowledgements are for that. Undefined where nobody has to do anything.
 *
 * @param subject  which one of several: the step that failed
 */
export function matterOf(event: string, subject?: string): string | undefined {
  const traits = traitsOfEvent(event);
  if (!traits || traits.asks === 'tells') return undefined;
  const about = traits.about ?? event;
  return subject === undefined ? about : `${about}:${subject}`;
}

/** True where it is still so after the run has ended. */
export function outlastsRun(event: string): boolean {
  return traitsOfEvent(event)?.asks === 'stays';
}

function traitsOfEvent(event: string): EventTraits | undefined {
  return Object.hasOwn(noticeEvents, event) ? noticeEvents[event as NoticeEvent] : undefined;
}

function kindOf(procedure: Procedure | undefined): 0 | 1 | 2 {
  if (procedure === undefined) return 2;
  const { approval, planned, priority } = traitsOf(procedure);
  if (!approval) return 2;
  return planned || priority > 1 ? 1 : 0;
}

/** What somebody expects of the alarms for one problem, held against everything that fired: in time, over when the cause is, and nothing else. */
import type { Firing } from './alerts.ts';

export interface Expected {
  readonly alert: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** ms since the epoch that it must have fired by, by its own rule. */
  readonly by: number;
}

export interface Problem {
  readonly name: string;
  /** When its cause began, and by when everything it caused must have been told to be over, ms since the epoch. */
  readonly from: number;
  readonly over: number;
  readonly must: readonly Expected[];
  /** What follows from it where it happens to last long enough. */
  readonly may?: readonly string[];
  /** Alerts whose own window is longer than the month: they go on. */
  readonly stays?: readonly string[];
}

/** What is wrong with that, in sentences; empty where all is as expected. */
export function judgeAlarms(problems: readonly Problem[], fired: readonly Firing[]): string[] {
  return [
    ...problems.flatMap((problem) => problem.must.flatMap((each) => inTime(problem, each, fired))),
    ...problems.flatMap((problem) =>
      fired.filter((each) => isOf(problem, each)).flatMap((each) => endsWith(problem, each)),
    ),
    ...fired
      .filter((each) => !problems.some((problem) => isOf(problem, each)))
      .map((each) => `${told(each)}, and nothing was the matter that it stands for.`),
  ];
}

function inTime({ name, from }: Problem, { alert, labels = {}, by }: Expected, fired: readonly Firing[]): string[] {
  const some = fired.filter(
    (each) =>
      each.alert === alert &&
      each.firedAt >= from &&
      Object.entries(labels).every(([key, value]) => each.labels[key] === value),
  );
  const what = `${name}: ${alert} ${Object.values(labels).join(' ')}`.trim();
  const [first] = some;
  if (!first) return [`${what} did not fire.`];
  if (first.firedAt <= by) return [];
  return [
    `${what} fired ${seconds(first.firedAt - from)} after the cause, and ${seconds(by - from)} is the longest by its rule.`,
  ];
}

function endsWith({ name, over, stays = [] }: Problem, firing: Firing): string[] {
  if (stays.includes(firing.alert) || (firing.resolvedAt ?? Number.POSITIVE_INFINITY) <= over) return [];
  return [`${name}: ${told(firing)}, and should have been over at ${clock(over)}.`];
}

function isOf({ from, over, must, may = [], stays = [] }: Problem, { alert, firedAt }: Firing): boolean {
  if (firedAt < from) return false;
  return (
    stays.includes(alert) || (firedAt <= over && (may.includes(alert) || must.some((each) => each.alert === alert)))
  );
}

export function told({ alert, labels, firedAt, resolvedAt }: Firing): string {
  const { alertname, severity, service, team, escalate, job, ...own } = labels;
  const about = Object.values(own).join(' ');
  return `${alert}${about ? ` (${about})` : ''} fired at ${clock(firedAt)}${resolvedAt === undefined ? '' : ` until ${clock(resolvedAt)}`}`;
}

function clock(ms: number): string {
  return new Date(ms).toISOString().slice(11, 21);
}

function seconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`;
}

/** For how long more than the RPO would have been lost: the age of the newest state that counted, at every moment of the window. Pure. */
import { formatDuration } from '../duration.ts';
import type { Plan } from '../plan/plan.ts';
import { count, type Evidence, lostIn } from './evidence.ts';
import type { Count, ObjectiveRow, Span } from './row.ts';
import { judgeShare } from './share.ts';
import { type Usable, usableStates } from './usable.ts';

type Promised = Pick<Plan, 'copies' | 'storage' | 'components' | 'objectives'>;

/** One row a component. */
export function judgeRpoHistory(plan: Promised, evidence: Evidence, target: number, window: Span): ObjectiveRow[] {
  const { known, possible } = usableStates(plan, evidence);
  const lost = lostIn(evidence, ['backup'], window).length;
  return plan.components.map(({ name, rpo }) => {
    const objective = rpo ?? plan.objectives.rpo;
    const held = (states: readonly Usable[]) => states.filter(({ components }) => components?.includes(name) ?? true);
    const strict = exposure(held(known), objective, window);
    const lenient = exposure(held([...known, ...possible]), objective, window);
    const counted = certain(strict, lenient, evidence);
    return {
      id: 'rpo',
      subject: name,
      promise: `no more than ${formatDuration(objective)} of ${name} would be lost`,
      target,
      window,
      counted: { ...counted, unit: 'ms' },
      ...judgeShare(counted, target),
      notes: [
        ...(strict.unknown > 0 ? [`nothing is known of its first ${formatDuration(strict.unknown)}`] : []),
        ...(counted.unknown > strict.unknown
          ? [`${formatDuration(counted.unknown - strict.unknown)} may have been within it: what would say so is gone`]
          : []),
        ...(lost > 0 ? [`${count(lost, 'report')} of backups cannot be read`] : []),
        ...(evidence.reportsKnown ? [] : ['no place that keeps reports answered']),
        ...(evidence.pointsKnown ? [] : ['no storage location answered']),
      ],
    };
  });
}

/** Late is only what was late whatever is missing; good is only what is shown. */
function certain(strict: Count, lenient: Count, { reportsKnown, pointsKnown }: Evidence): Count {
  const total = strict.good + strict.bad + strict.unknown;
  const bad = reportsKnown && pointsKnown ? Math.min(strict.bad, lenient.bad) : 0;
  return { good: strict.good, bad, unknown: total - strict.good - bad };
}

/**
 * ms of the window in which the newest state was young enough, in which it was too old, and before the first one.
 *
 * @param states  of one component, in any order
 */
export function exposure(states: readonly Usable[], objective: number, window: Span): Count {
  const found = { good: 0, bad: 0, unknown: 0 };
  for (const { from, to, newest } of reigns(states, window)) {
    if (newest === undefined) found.unknown += to - from;
    else {
      const late = Math.max(0, to - Math.max(from, newest + objective));
      found.bad += late;
      found.good += to - from - late;
    }
  }
  return found;
}

/**
 * Stretches of the window in which the newest state was older than `allowed`, in their order.
 *
 * @param states   of one component, in any order
 * @param allowed  ms
 */
export function lateStretches(states: readonly Usable[], allowed: number, window: Span): Span[] {
  const found: Span[] = [];
  for (const { from, to, newest } of reigns(states, window)) {
    const late = newest === undefined ? to : Math.max(from, newest + allowed);
    if (late >= to) continue;
    const before = found.at(-1);
    // Something came that was too old as well.
    if (before?.to === late) found[found.length - 1] = { from: before.from, to };
    else found.push({ from: late, to });
  }
  return found;
}

/** The window, cut where a state came: `newest` is the moment that could be gone back to, undefined before the first. */
function reigns(states: readonly Usable[], { from, to }: Span): (Span & { readonly newest: number | undefined })[] {
  const found: (Span & { newest: number | undefined })[] = [];
  let point = Number.NEGATIVE_INFINITY;
  let log = Number.NEGATIVE_INFINITY;
  let at = from;
  const until = (next: number) => {
    const end = Math.min(Math.max(next, at), to);
    const newest = point === Number.NEGATIVE_INFINITY ? undefined : Math.max(point, log);
    if (end > at) found.push({ from: at, to: end, newest });
    at = end;
  };
  for (const state of states.toSorted((a, b) => a.since - b.since)) {
    until(state.since);
    if (state.log) log = Math.max(log, state.takenAt);
    else point = Math.max(point, state.takenAt);
  }
  until(to);
  return found;
}

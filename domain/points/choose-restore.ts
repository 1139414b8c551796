/** Which recovery point a restore takes, when it is asked for by date, label, state, deployment or location. Pure. */

import { type Refusal, refusal } from '../errors.ts';
import type { PointSummary } from '../playbook/assessment.ts';
import { labels } from '../run/requests.ts';
import { type RestoreRequest, spanOf } from '../run/restore-request.ts';
import { choosePoint, pointBeforeDeployment } from './choose-point.ts';
import { reaches } from './point-state.ts';
import { pointIdAt } from './recovery-point.ts';

export interface PointWish {
  readonly request: RestoreRequest;
  /** Components that are to come back. */
  readonly components: readonly string[];
  /** Every component is: a point that lacks one which others have will not do. */
  readonly whole: boolean;
  /** Storage location that is read first. */
  readonly target: string;
}

/** Undefined when none will do; `noneFits` says why. */
export function chooseForRestore(points: readonly PointSummary[], wish: PointWish): PointSummary | undefined {
  const { request, target } = wish;
  const fitting = points.filter((point) => lacks(point, points, wish).length === 0 && !unfit(point, request));
  if (request.beforeDeployment !== undefined) {
    return pointBeforeDeployment(
      fitting,
      request.beforeDeployment === true ? undefined : String(request.beforeDeployment),
    );
  }
  return choosePoint(fitting, request.from ?? target, wish.components, request.label === labels.evidence);
}

/** Which of the wanted components a point does not have. One that no point has (new in the plan) is not held against it. */
export function lacks(point: PointSummary, points: readonly PointSummary[], wish: PointWish): string[] {
  const had = new Set(points.flatMap(({ components }) => components));
  return wish.components.filter((name) => !point.components.includes(name) && (!wish.whole || had.has(name)));
}

/** For `chooseForRestore` that found nothing: what was asked for, and what is there instead. */
export function noneFits(points: readonly PointSummary[], wish: PointWish, places: string): Refusal {
  const asked = wordsOf(wish);
  const usable = points.filter(({ state }) => state !== 'quarantined');
  const partial = points.filter((point) => !unfit(point, wish.request) && lacks(point, points, wish).length > 0);
  const without = partial
    .slice(0, 3)
    .map((point) => `${point.id} has no ${lacks(point, points, wish).join(' and no ')}`);
  const there = usable
    .slice(0, 5)
    .map(({ id, label, state }) => `${id} (${[label, state].filter(Boolean).join(', ')})`);
  return refusal(
    'PointNotFound',
    `There is no usable recovery point ${asked}. ${without.length > 0 ? `${without.join('; ')}. ` : ''}${places}.`,
    there.length > 0 ? `one of these: ${there.join(', ')}.` : 'mend a location first, or check that backups run.',
  );
}

/** Points of which an id above this need not be read; undefined where the newest count. */
export function readUpTo(point: string | undefined, request: RestoreRequest | undefined): string | undefined {
  if (point) return point;
  const date = request?.date ?? request?.until ?? request?.before;
  return date ? pointIdAt(new Date(spanOf(date).to)) : undefined;
}

/** A label or a state may be that of an old point. */
export function readSoMany(request: RestoreRequest | undefined): number {
  return request?.label || request?.state || request?.beforeDeployment ? 100 : 20;
}

function unfit(point: PointSummary, { date, until, before, label, state, from }: RestoreRequest): boolean {
  if (point.state === 'quarantined') return true;
  if (label !== undefined ? point.label !== label : point.label === labels.evidence) return true;
  if (before !== undefined && Date.parse(point.takenAt) >= Date.parse(before)) return true;
  if (state !== undefined && !reaches(point, state)) return true;
  if (from !== undefined && (!point.locations.includes(from) || point.at?.[from] === 'damaged')) return true;
  const outside = (moment: string) => {
    const span = spanOf(moment);
    const taken = Date.parse(point.takenAt);
    return taken > Date.parse(span.to) || (span.from !== undefined && taken < Date.parse(span.from));
  };
  return (date !== undefined && outside(date)) || (until !== undefined && outside(until));
}

function wordsOf({ request, components, whole }: PointWish): string {
  const { date, until, before, label, state, beforeDeployment, from } = request;
  const span = date ? spanOf(date) : undefined;
  return [
    span && (span.from ? `of ${span.from.slice(0, 10)}` : `at or before ${span.to}`),
    until && `before ${until}`,
    before && `from before ${before}`,
    label && `with the label ${label}`,
    state && `that is ${state}`,
    beforeDeployment && `before a deployment${beforeDeployment === true ? '' : ` of ${beforeDeployment}`}`,
    from && `at ${from}`,
    whole ? 'of the whole service' : `with ${components.join(', ')}`,
  ]
    .filter(Boolean)
    .join(' ');
}

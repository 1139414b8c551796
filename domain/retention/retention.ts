/**
 * Retention: which recovery points stay at a location and which go, with a reason in words for each. Pure; it never drops
 * more because a clock stepped back, and deciding twice drops nothing more.
 *
 * This is about points. Archives go by reference counting, see retention-archives.ts: a point that goes leaves behind what others need.
 */
import { formatDuration } from '../duration.ts';
import { describeRule, type Period, periods, type Retention, type RetentionRule } from '../plan/retention.ts';
import type { RetainablePoint } from '../points/retainable-point.ts';
import { lastOnes } from './last.ts';

export interface Verdict {
  readonly point: string;
  readonly location: string;
  readonly keep: boolean;
  readonly why: readonly string[];
}

export interface Moment {
  /** ISO */
  readonly now: string;
  /** Ids that a running recovery works with. */
  readonly inUse?: readonly string[];
}

/** A verdict for each point at each location, newest point first. */
export function decideRetention(
  points: readonly RetainablePoint[],
  retention: Pick<Retention, 'rules' | 'grace' | 'quarantine'>,
  moment: Moment,
): Verdict[] {
  const sorted = [...points].sort((a, b) => b.takenAt.localeCompare(a.takenAt) || b.id.localeCompare(a.id));
  const now = Date.parse(moment.now);
  const last = lastOnes(sorted, { now, grace: retention.grace });
  const locations = [...new Set(sorted.flatMap(({ at }) => Object.keys(at)))].sort();
  return locations.flatMap((location) => {
    const here = sorted.filter(({ at }) => location in at);
    const lastHere = lastOnes(here, { now, grace: retention.grace }, location);
    const byRules = ruleReasons(here, location, retention.rules, now);
    return here.map((point): Verdict => {
      const holds = [
        ...holdsOf(point, location, retention, moment),
        ...(last.get(point.id) ?? lastHere.get(point.id) ?? []),
      ];
      const { keep, drop } = byRules.get(point.id) ?? { keep: [], drop: [] };
      const expired = quarantineOver(point, retention.quarantine, now);
      const why = expired ? holds : [...holds, ...keep];
      const gone = expired ? [`quarantined for longer than ${formatDuration(retention.quarantine ?? 0)}`] : drop;
      return { point: point.id, location, keep: why.length > 0, why: why.length > 0 ? why : gone };
    });
  });
}

/** What keeps a point whatever the rules say. */
function holdsOf(
  point: RetainablePoint,
  location: string,
  { grace, quarantine }: Pick<Retention, 'grace' | 'quarantine'>,
  moment: Moment,
): string[] {
  const now = Date.parse(moment.now);
  const age = now - Date.parse(point.takenAt);
  const until = point.at[location]?.lockedUntil;
  const held: string[] = [];
  if (age < 0) held.push('taken later than this clock says it is now');
  else if (age < grace) held.push(`newer than the grace time of ${formatDuration(grace)}`);
  if (moment.inUse?.includes(point.id)) held.push('in use by a running recovery');
  if (point.at[location]?.damaged) held.push('damaged here: to be mended, or deleted by a person');
  if (point.pinned) held.push(`pinned by ${point.pinned.by}: ${point.pinned.why}`);
  if (until !== undefined && Date.parse(until) > now) held.push(`locked by the store until ${until}`);
  if (point.quarantined && !quarantineOver(point, quarantine, now)) {
    held.push(
      `quarantined, ${quarantine === undefined ? 'a person decides' : `kept to be looked at for ${formatDuration(quarantine)}`}`,
    );
  }
  return held;
}

function quarantineOver({ quarantined }: RetainablePoint, time: number | undefined, now: number): boolean {
  return quarantined !== undefined && time !== undefined && now - Date.parse(quarantined) >= time;
}

interface RuleReasons {
  readonly keep: string[];
  readonly drop: string[];
}

/** What the rules say of each point at one location. Where none speaks of a point, it stays. */
function ruleReasons(
  here: readonly RetainablePoint[],
  location: string,
  rules: readonly RetentionRule[],
  now: number,
): Map<string, RuleReasons> {
  const reasons = new Map(here.map((point) => [point.id, { keep: [], drop: [] } as RuleReasons]));
  for (const rule of rules.filter((each) => each.locations?.includes(location) ?? true)) {
    const spokenOf = here.filter((point) => speaksOf(rule, point));
    const kept = typeof rule.keep === 'object' ? byCounts(spokenOf, location, rule.keep, now) : undefined;
    for (const point of spokenOf) {
      const why = kept ? kept.get(point.id) : byAge(point, rule.keep as number | string, now);
      if (why) reasons.get(point.id)?.keep.push(...why);
      else reasons.get(point.id)?.drop.push(`not kept by "${describeRule(rule)}"`);
    }
  }
  for (const { keep, drop } of reasons.values()) {
    if (keep.length + drop.length === 0) keep.push(`no rule speaks of it at ${location}`);
  }
  return reasons;
}

function speaksOf({ labels, kinds, components }: RetentionRule, point: RetainablePoint): boolean {
  return (
    (labels?.includes(point.label) ?? true) &&
    (kinds?.includes(point.kind) ?? true) &&
    (components === undefined || point.components.every((name) => components.includes(name)))
  );
}

function byAge(point: RetainablePoint, keep: number | string, now: number): string[] | undefined {
  if (keep === 'indefinite') return ['kept indefinitely'];
  if (typeof keep !== 'number') return undefined;
  return now - Date.parse(point.takenAt) < keep ? [`younger than ${formatDuration(keep)}`] : undefined;
}

/**
 * The newest point of each of the newest so many periods that have one. Points with other components or of another role are
 * counted apart, so that a copy of the configuration does not stand for a full one. Bad points and those of a clock that ran ahead take
 * nobody's place.
 */
function byCounts(
  points: readonly RetainablePoint[],
  location: string,
  counts: Readonly<Partial<Record<Period, number | undefined>>>,
  now: number,
): Map<string, string[]> {
  const kept = new Map<string, string[]>();
  const counted = points.filter(
    (point) => !point.quarantined && !point.at[location]?.damaged && Date.parse(point.takenAt) <= now,
  );
  const alike = Map.groupBy(counted, ({ role, components }) => [role, ...[...components].sort()].join('\n'));
  for (const group of alike.values()) {
    for (const period of periods) {
      const most = counts[period] ?? 0;
      const seen = new Set<string>();
      for (const { id, takenAt } of group) {
        const name = period === 'last' ? id : periodOf(period, takenAt);
        if (seen.has(name)) continue;
        if (seen.size >= most) break;
        seen.add(name);
        kept.set(id, [...(kept.get(id) ?? []), `${period} ${seen.size} of ${most}`]);
      }
    }
  }
  return kept;
}

/** `2026-01-02T03:15:00Z` -> `2026-01-02T03`, `2026-01-02`, the Monday `2025-12-29`, `2026-01` or `2026`. */
function periodOf(period: Exclude<Period, 'last'>, takenAt: string): string {
  const iso = new Date(takenAt).toISOString();
  if (period !== 'weekly') return iso.slice(0, { hourly: 13, daily: 10, monthly: 7, yearly: 4 }[period]);
  const day = new Date(`${iso.slice(0, 10)}T00:00:00Z`);
  day.setUTCDate(day.getUTCDate() - ((day.getUTCDay() + 6) % 7));
  return day.toISOString().slice(0, 10);
}

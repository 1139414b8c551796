/** The points that are the last of their kind: they stay, whatever their age, until a better one is there. */
import type { RetainablePoint } from '../points/retainable-point.ts';

/**
 * For each component: its newest point, and the newest that reached each state. Points of a standby stand for no primary, so each
 * role has its own. In: points, newest first. Out: by id, why.
 *
 * Points of a clock that ran ahead take nobody's place.
 *
 * @param grace     ms; what was the newest that long ago may be what a backup that is still under way refers to
 * @param location  said in the reasons; the points are then those of this location
 */
export function lastOnes(
  points: readonly RetainablePoint[],
  { now, grace }: { readonly now: number; readonly grace: number },
  location?: string,
): Map<string, readonly string[]> {
  const known = points.filter(({ takenAt }) => Date.parse(takenAt) <= now);
  const said = new Map<string, Map<string, string[]>>();
  const say = (point: RetainablePoint | undefined, what: string, component: string) => {
    if (!point) return;
    const reasons = said.get(point.id) ?? new Map<string, string[]>();
    said.set(point.id, reasons.set(what, [...(reasons.get(what) ?? []), component]));
  };
  for (const [role, ofRole] of Map.groupBy(known, (point) => point.role)) {
    const damaged = ({ at }: RetainablePoint) =>
      location ? at[location]?.damaged : Object.values(at).every((each) => each.damaged);
    const good = ofRole.filter((point) => !point.quarantined && !damaged(point));
    const whose = role === 'primary' ? '' : ' of the standby';
    for (const component of new Set(ofRole.flatMap(({ components }) => components))) {
      const having = (some: readonly RetainablePoint[]) => some.filter((each) => each.components.includes(component));
      const usable = having(good);
      // A bad copy is better than none.
      const [newest] = usable.length > 0 ? usable : having(ofRole);
      say(newest, `newest point${whose}${location ? ` at ${location}` : ''} with`, component);
      const base = usable.find(({ takenAt }) => Date.parse(takenAt) <= now - grace);
      say(base, `newest point${whose} a while ago, to which a running backup may refer, with`, component);
      if (location) continue;
      for (const state of ['replicated', 'verified', 'proven'] as const) {
        say(
          usable.find((point) => point[state]),
          `last ${state} point${whose} with`,
          component,
        );
      }
    }
  }
  return new Map(
    [...said].map(([id, reasons]) => [id, [...reasons].map(([what, names]) => `${what} ${names.join(', ')}`)]),
  );
}

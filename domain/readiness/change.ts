/**
 * What people are told of looks that follow each other: what became worse, and that all is well again; never the same twice. Pure.
 *
 * One thing that could not be found out at one look may be a hiccup: it is told when the next look does not find it out either.
 */
import type { Lacking, LackLevel } from './readiness.ts';

/** What one look leaves for the next. Level by id. */
export interface LookMemory {
  readonly seen: Readonly<Record<string, LackLevel>>;
  /** What people know of. */
  readonly told: Readonly<Record<string, LackLevel>>;
}

export type Change =
  | { readonly kind: 'same' }
  /** Nothing lacks any more of what people were told. */
  | { readonly kind: 'well' }
  /** The new or worse ones, in the order of the look. */
  | { readonly kind: 'worse'; readonly what: readonly Lacking[] };

const order: readonly LackLevel[] = ['unknown', 'late', 'missing'];

export function changeSince(
  { seen, told }: LookMemory,
  lacking: readonly Lacking[],
): { change: Change; memory: LookMemory } {
  const now = worstById(lacking);
  const standing = lacking.filter(({ level, id }) => level !== 'unknown' || seen[id] !== undefined);
  const worse = standing.filter(({ level, id }) => now[id] === level && isWorse(level, told[id]));
  const known = Object.fromEntries(Object.entries(told).filter(([id]) => now[id] !== undefined));
  const memory = { seen: now, told: { ...known, ...worstById(worse) } };
  if (worse.length > 0) return { change: { kind: 'worse', what: worse }, memory };
  const well = lacking.length === 0 && Object.keys(told).length > 0;
  return { change: { kind: well ? 'well' : 'same' }, memory };
}

function isWorse(level: LackLevel, than: LackLevel | undefined): boolean {
  return than === undefined || order.indexOf(level) > order.indexOf(than);
}

function worstById(lacking: readonly Pick<Lacking, 'id' | 'level'>[]): Record<string, LackLevel> {
  const worst: Record<string, LackLevel> = {};
  for (const { id, level } of lacking) if (isWorse(level, worst[id])) worst[id] = level;
  return worst;
}

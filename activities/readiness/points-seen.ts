/** The recovery points of a look. That none could be read is not that there are none. */
import type { SeenPoint } from '../../domain/points/point-state.ts';
import type { Look } from './check.ts';

/** Newest first. Rejects where nothing was found and not every location was asked. */
export async function pointsSeen(look: Pick<Look, 'points'>): Promise<readonly SeenPoint[]> {
  const { points, unreachable } = await look.points();
  const [silent] = unreachable;
  if (points.length === 0 && silent) throw new Error(`${silent.location}: ${silent.why}`);
  return points;
}

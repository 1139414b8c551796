/** So many of the newest points that each component of the plan is in one that counts: few at first, more where that is not enough. */
import type { Plan } from '../../domain/plan/plan.ts';
import { reaches } from '../../domain/points/point-state.ts';
import type { FoundPoints } from './find-points.ts';

/** A component that is backed up once a day may be behind a hundred points of another. `limit` in ms. */
export async function enoughPoints<Found extends FoundPoints>(
  { objectives, components }: Pick<Plan, 'objectives' | 'components'>,
  find: (options: { newest: number; limit: number }) => Promise<Found>,
): Promise<Found> {
  for (const newest of [20, 200]) {
    const found = await find({ newest, limit: 5_000 });
    const held = new Set(
      found.points.filter((point) => reaches(point, objectives.counts)).flatMap((point) => point.components),
    );
    if (found.points.length < newest || components.every(({ name }) => held.has(name))) return found;
  }
  return await find({ newest: 2_000, limit: 30_000 });
}

/** Whether what is to be restored can be read at once, or lies in cold storage wherever it lies. */

import { formatDuration } from '../../../domain/duration.ts';
import type { PointSummary } from '../../../domain/playbook/assessment.ts';
import { type Cold, leastCold } from '../../../domain/points/thaw.ts';
import { type AssessDeps, limitsOf } from '../deps.ts';
import { type Finding, findOut } from '../finding.ts';

/** Undefined for what needs no point. A location that does not answer in time is taken to be warm: the restore will say. */
export async function coldStorage(
  point: PointSummary | undefined,
  components: readonly string[],
  deps: AssessDeps,
): Promise<Finding<Cold | undefined> | undefined> {
  const { coldAt } = deps;
  if (!point || !coldAt) return undefined;
  const about = {
    id: 'cold-storage',
    title: `Cold storage of ${point.id}`,
    source: `lists of ${point.locations.join(', ')}`,
    ...limitsOf(deps),
  };
  return await findOut(about, async () => {
    const places = await Promise.all(point.locations.map((location) => coldAt(location, point, components)));
    const cold = leastCold(places);
    if (!cold) return { value: 'can be read at once', state: 'good', evidence: undefined };
    const value = `${cold.parts} parts at ${cold.location} (${cold.classes.join(', ')}): about ${formatDuration(cold.expected)} until they can be read`;
    return { value, state: 'bad', evidence: cold };
  });
}

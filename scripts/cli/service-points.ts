/** Recovery points of a service as this machine can see them: every location side by side, none waited for long. */
import { type FoundPoints, findPoints } from '../../activities/points/find-points.ts';
import { loadPinned } from '../../activities/points/signer.ts';
import { openLocations } from '../../activities/storage/open-locations.ts';
import type { Plan } from '../../domain/plan/plan.ts';
import type { PointSummary } from '../../domain/playbook/assessment.ts';
import { copiesNeeded } from '../../domain/points/point-state.ts';

export interface ServicePoints extends FoundPoints {
  readonly locations: readonly string[];
}

/** Locations that cannot be opened (a secret is missing here) count as unreachable, with the reason. */
export async function servicePoints(
  plan: Plan,
  planFolder: string,
  options: { newest?: number; limit?: number } = {},
): Promise<ServicePoints> {
  const signers = await loadPinned(plan, planFolder);
  const { stores, unreachable } = await openLocations(plan, planFolder);
  const found = await findPoints(stores, plan.service, signers, { ...options, copies: copiesNeeded(plan) });
  return { ...found, unreachable: [...unreachable, ...found.unreachable], locations: Object.keys(plan.storage) };
}

/** How old the state is that a point would bring back. `late`: older than the RPO allows. */
export function ageOf(point: Pick<PointSummary, 'takenAt'>, rpo: number, now: number): { ms: number; late: boolean } {
  const ms = Math.max(0, now - Date.parse(point.takenAt));
  return { ms, late: ms > rpo };
}

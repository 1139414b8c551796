/** The real plan of SpaceTime, for tests that need a whole plan; change a copy where a test needs other values. */
import { fileURLToPath } from 'node:url';
import { loadPlan } from '../../activities/plans/load-plan.ts';
import type { Plan } from '../../domain/plan/plan.ts';

export const plansFolder = fileURLToPath(new URL('../../plans', import.meta.url));

export async function spacetimePlan(): Promise<Plan> {
  return structuredClone((await loadPlan(plansFolder, 'spacetime')).plan);
}

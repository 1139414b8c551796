/** Where Muster hooks into the lab: `lab/plan.ts` writes Muster's plan for this very lab. */
import type { SeededAws } from './aws/seed.ts';
import type { LabPaths } from './paths.ts';

/**
 * Called once AWS is seeded and keys are made, before workers start. Resolves with what the plan adds to the environment
 * of workers and of `lab exec`. Loaded only here: a lab stands even while Muster's own code does not load.
 */
export async function callPlanHook(paths: LabPaths, seeded: SeededAws): Promise<Record<string, string>> {
  const { writeLabPlan, labOverlay } = await import('./plan.ts');
  await writeLabPlan(paths, seeded);
  return { MUSTER_OVERLAYS: labOverlay };
}

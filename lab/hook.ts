/** Where Muster hooks into the lab: `lab/plan.ts`, where present, writes Muster's plan for this very lab. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { SeededAws } from './aws/seed.ts';
import { checkout, type LabPaths } from './paths.ts';

export type PlanModule = {
  /** Called once AWS is seeded and keys are made, before workers start. */
  writeLabPlan: (paths: LabPaths, seeded: SeededAws) => Promise<void>;
  /** Name of the overlay that it writes under `plans/overlays/`. */
  labOverlay: string;
};

/** Resolves with what the plan adds to the environment of workers and of `lab exec`. */
export async function callPlanHook(paths: LabPaths, seeded: SeededAws): Promise<Record<string, string>> {
  const file = join(checkout, 'lab/plan.ts');
  if (!existsSync(file)) return {};
  const { writeLabPlan, labOverlay } = (await import(file)) as PlanModule;
  await writeLabPlan(paths, seeded);
  return { MUSTER_OVERLAYS: labOverlay };
}

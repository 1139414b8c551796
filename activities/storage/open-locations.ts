/** The storage locations of a plan as this machine can open them: one that cannot be opened (a secret is missing here) is named, with the reason. */
import type { Plan } from '../../domain/plan/plan.ts';
import { resolveSecret } from '../secrets/resolve.ts';
import { openStore } from './open-store.ts';
import type { ObjectStore } from './store.ts';

export interface OpenLocations {
  readonly stores: ObjectStore[];
  readonly unreachable: { location: string; why: string }[];
}

export async function openLocations(plan: Plan, planFolder: string): Promise<OpenLocations> {
  const unreachable: OpenLocations['unreachable'] = [];
  const stores: ObjectStore[] = [];
  for (const location of Object.keys(plan.storage)) {
    try {
      stores.push(await openStore(plan, location, (ref) => resolveSecret(ref, planFolder)));
    } catch (error) {
      unreachable.push({ location, why: error instanceof Error ? error.message : String(error) });
    }
  }
  return { stores, unreachable };
}

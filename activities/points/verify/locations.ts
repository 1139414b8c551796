/** Opens storage locations and asks each whether it answers, so that one that is away is named and does not hold up the others. */
import type { StepContext } from '../../context.ts';
import type { ObjectStore } from '../../storage/store.ts';
import { withLimit } from '../../waiting.ts';
import { assertAnswers } from './judge.ts';

/** ms */
const patience = 15_000;

export interface Silent {
  readonly location: string;
  readonly why: string;
}

/** Rejects with the first one's reason when no location answers. */
export async function openAnswering(
  locations: readonly string[],
  service: string,
  context: StepContext,
): Promise<{ stores: ObjectStore[]; silent: Silent[] }> {
  const silent: Silent[] = [];
  const troubles: unknown[] = [];
  const asked = locations.map(async (location) => {
    try {
      const store = await context.store(location);
      await withLimit(patience, context.signal, () => assertAnswers(store, service));
      return store;
    } catch (error) {
      context.signal.throwIfAborted();
      troubles.push(error);
      silent.push({ location, why: error instanceof Error ? error.message : String(error) });
      return undefined;
    }
  });
  const stores = (await Promise.all(asked)).flatMap((store) => store ?? []);
  if (stores.length === 0) throw troubles[0];
  return { stores, silent };
}

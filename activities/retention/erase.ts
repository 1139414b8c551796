/**
 * Deletes for good: version by version where the store keeps them. The oldest first and the one that a get answers last, so that nothing
 * older ever comes to light in its place. What a lock or a missing right keeps is told, and the rest goes on.
 */
import { Refusal } from '../../domain/errors.ts';
import type { StepContext } from '../context.ts';
import { mapLimited } from '../points/map-limited.ts';
import type { ObjectStore, ObjectVersion } from '../storage/store.ts';

export interface Kept {
  readonly key: string;
  readonly why: string;
}

export interface Erased {
  /** Keys of which nothing is left. */
  readonly gone: readonly string[];
  readonly kept: readonly Kept[];
}

/**
 * @param under    a prefix that all of the keys have
 * @param mayGoOn  asked before every deletion; whatever it throws ends the work
 */
export async function erase(
  store: ObjectStore,
  under: string,
  keys: ReadonlySet<string>,
  context: StepContext,
  mayGoOn: () => Promise<void>,
): Promise<Erased> {
  const versions = await versionsOf(store, under, keys);
  const kept: Kept[] = [];
  const gone = await mapLimited([...keys], 16, async (key) => {
    try {
      for (const versionId of versions ? (versions.get(key) ?? []) : [undefined]) {
        await mayGoOn();
        context.assertCurrent();
        if (versionId === undefined) await store.delete(key);
        else await store.deleteVersion?.(key, versionId);
      }
      return [key];
    } catch (error) {
      if (!(error instanceof Refusal) || !refusedByStore.includes(error.type)) throw error;
      kept.push({ key, why: error.message });
      return [];
    }
  });
  return { gone: gone.flat(), kept };
}

const refusedByStore = ['ObjectLocked', 'StoreDenied', 'LockRefused'];

async function versionsOf(store: ObjectStore, under: string, keys: ReadonlySet<string>) {
  if (!store.versions || !store.deleteVersion) return undefined;
  const found = new Map<string, ObjectVersion[]>();
  for await (const version of store.versions(under)) {
    if (keys.has(version.key)) found.set(version.key, [...(found.get(version.key) ?? []), version]);
  }
  const inOrder = (a: ObjectVersion, b: ObjectVersion) =>
    Number(a.latest) - Number(b.latest) || a.modified.getTime() - b.modified.getTime();
  return new Map([...found].map(([key, each]) => [key, each.sort(inOrder).map(({ versionId }) => versionId)]));
}

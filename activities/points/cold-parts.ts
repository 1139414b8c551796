/** Which parts of a point cannot be read before they are thawed. Asks for lists, not for each object. */
import { layout, type Manifest } from '../../domain/points/recovery-point.ts';
import { isCold } from '../../domain/points/thaw.ts';
import type { ObjectStore } from '../storage/store.ts';

/** Key to storage class of the parts that the components need, cold or not. */
export async function partClasses(
  store: ObjectStore,
  manifest: Manifest,
  components: readonly string[],
): Promise<Map<string, string | undefined>> {
  const records = manifest.components.filter(({ component }) => components.includes(component));
  const archives = records.flatMap((record) => record.archives);
  const needed = new Set(archives.flatMap(({ parts }) => parts.map(({ key }) => key)));
  const found = new Map<string, string | undefined>();
  // `archives/<point>/`, of every point whose archives are needed.
  const folders = new Set(archives.map(({ point }) => layout.archive(manifest.service, point)));
  for (const folder of folders) {
    for await (const { key, storageClass } of store.list(folder)) if (needed.has(key)) found.set(key, storageClass);
  }
  return found;
}

export async function coldKeys(
  store: ObjectStore,
  manifest: Manifest,
  components: readonly string[],
): Promise<string[]> {
  const classes = await partClasses(store, manifest, components);
  return [...classes].flatMap(([key, storageClass]) => (isCold(storageClass) ? [key] : []));
}

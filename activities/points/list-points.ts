/** Ids of what may be recovery points at one location: folders that are named like one. Whether they are is in their manifests. */
import { layout, pointIdSchema } from '../../domain/points/recovery-point.ts';
import type { ObjectStore } from '../storage/store.ts';

/** Newest first. Asks for folders only, since a year of hourly points is a hundred thousand objects. */
export async function pointIdsAt(store: ObjectStore, service: string): Promise<string[]> {
  const ids: string[] = [];
  for await (const name of store.folders(layout.points(service))) {
    if (pointIdSchema.safeParse(name).success) ids.push(name);
  }
  return ids.sort().reverse();
}

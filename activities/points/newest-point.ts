/** The newest point at a location: what the next id goes on from, and what the next manifest names as the one before. */
import { Refusal } from '../../domain/errors.ts';
import { layout, type Manifest } from '../../domain/points/recovery-point.ts';
import type { ObjectStore } from '../storage/store.ts';
import { pointIdsAt } from './list-points.ts';
import { readManifestAt } from './read-manifest.ts';
import { type PinnedSigners, sha256Of } from './signer.ts';

/**
 * Ids go on from there even where a clock was set back. Undefined where there is none. What nobody pinned has signed does not count,
 * or anyone who can write could use up the ids.
 */
export async function newestId(
  store: ObjectStore,
  service: string,
  signers: PinnedSigners,
): Promise<string | undefined> {
  const read = async (id: string) => (await readManifestAt(store, service, id, signers)).manifest.id;
  return await newest(await pointIdsAt(store, service), read, () => true);
}

/** The newest before this one. Without a manifest it is no point; whose it is does not matter to a chain. */
export async function previousOf(store: ObjectStore, service: string, id: string): Promise<Manifest['previous']> {
  const before = (await pointIdsAt(store, service)).filter((other) => other < id);
  const read = async (other: string) => {
    const { body } = await store.get(layout.manifest(service, other), 256 * 1024 * 1024);
    return { id: other, sha256: sha256Of(body) };
  };
  return await newest(before, read, ({ type }) => type === 'ObjectNotFound');
}

/** @param ids  newest first */
async function newest<Point>(
  ids: readonly string[],
  read: (id: string) => Promise<Point>,
  passBy: (refusal: Refusal) => boolean,
): Promise<Point | undefined> {
  for (const id of ids) {
    try {
      return await read(id);
    } catch (error) {
      if (!(error instanceof Refusal && passBy(error))) throw error;
    }
  }
  return undefined;
}

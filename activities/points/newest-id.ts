/** The newest good point at a location: ids go on from there even where a clock was set back. */
import { Refusal } from '../../domain/errors.ts';
import type { ObjectStore } from '../storage/store.ts';
import { pointIdsAt } from './list-points.ts';
import { readManifestAt } from './read-manifest.ts';
import type { PinnedSigners } from './signer.ts';

/** Undefined where there is none. What nobody pinned has signed does not count, or anyone who can write could use up the ids. */
export async function newestId(
  store: ObjectStore,
  service: string,
  signers: PinnedSigners,
): Promise<string | undefined> {
  for (const id of await pointIdsAt(store, service)) {
    try {
      await readManifestAt(store, service, id, signers);
      return id;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
    }
  }
  return undefined;
}

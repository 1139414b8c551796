/** The point that an incremental capture refers to: the newest good one with this component of this host, if its archives are all there. */
import { Refusal } from '../../domain/errors.ts';
import type { Host } from '../../domain/host.ts';
import { archiveName, type ComponentRecord, type Manifest } from '../../domain/points/recovery-point.ts';
import type { ObjectStore } from '../storage/store.ts';
import { pointIdsAt } from './list-points.ts';
import { mapLimited } from './map-limited.ts';
import { readMarks } from './marks.ts';
import { readManifestAt } from './read-manifest.ts';
import type { PinnedSigners } from './signer.ts';

export interface BasePoint {
  readonly manifest: Manifest;
  readonly record: ComponentRecord;
}

/** Points that are looked at before a full capture is taken instead. */
const mostLooks = 10;

/**
 * In: the nearest store, the id that is being written, the component and its host.
 * Out: the base, or in words why there is none. A store that does not answer is a passing fault and is thrown.
 */
export async function basePoint(
  store: ObjectStore,
  wanted: { readonly service: string; readonly before: string; readonly component: string; readonly host: Host },
  signers: PinnedSigners,
): Promise<BasePoint | { readonly why: string }> {
  const { service, before, component, host } = wanted;
  const ids = (await pointIdsAt(store, service)).filter((id) => id < before).slice(0, mostLooks);
  for (const id of ids) {
    const manifest = await manifestAt(store, service, id, signers);
    const record = manifest?.components.find((each) => each.component === component);
    if (!manifest || !record) continue;
    if (record.host.name !== host.name || record.host.address !== host.address) {
      return { why: `${id} was taken from ${record.host.name}` };
    }
    if (typeof record.details.index !== 'string') continue;
    if ((await readMarks(store, service, id, signers)).some(({ state }) => state === 'quarantined')) continue;
    const lost = await missingArchive(store, record, id);
    if (lost) return { why: `archive ${lost} of ${id} is not whole at ${store.location}` };
    return { manifest, record };
  }
  return { why: `${store.location} has no earlier point of it` };
}

async function manifestAt(store: ObjectStore, service: string, id: string, signers: PinnedSigners) {
  try {
    return (await readManifestAt(store, service, id, signers)).manifest;
  } catch (error) {
    // Not finished, or not to be believed: it is no base, and verification is what speaks of it.
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

/** A new point must not be built on what is lost: a full one heals. */
async function missingArchive(store: ObjectStore, record: ComponentRecord, id: string): Promise<string | undefined> {
  const parts = record.archives.flatMap((archive) => archive.parts.map((part) => ({ archive, part })));
  const looks = await mapLimited(parts, 16, async ({ archive, part }) => {
    const found = await store.head(part.key);
    return found?.bytes === part.bytes ? undefined : archiveName(archive, id);
  });
  return looks.find((name) => name !== undefined);
}

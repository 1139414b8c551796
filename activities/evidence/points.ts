/** Manifests of the recovery points of a period with their signatures, and all marks of them. */
import type { Period } from '../../domain/period/period.ts';
import type { Plan } from '../../domain/plan/plan.ts';
import { layout, timeOfPointId } from '../../domain/points/recovery-point.ts';
import { pointIdsAt } from '../points/list-points.ts';
import { mapLimited } from '../points/map-limited.ts';
import { markBytes, markKeysAt } from '../points/marks.ts';
import type { PinnedSigners } from '../points/signer.ts';
import type { ObjectStore } from '../storage/store.ts';
import type { Part } from './part.ts';
import { splitSigned } from './split-signed.ts';

interface Sources {
  readonly period: Period;
  readonly signers: PinnedSigners;
  readonly stores: readonly ObjectStore[];
}

const sideBySide = 8;

/** Of each point the first copy that a pinned signer signed. What no pinned signer signed is left out, and named. */
export async function pointFiles(
  { service }: Pick<Plan, 'service'>,
  { period, signers, stores }: Sources,
): Promise<Part> {
  const files: Record<string, Buffer> = {};
  const leftOut: string[] = [];
  for (const store of stores) {
    try {
      const ids = (await pointIdsAt(store, service)).filter((id) => isIn(id, period));
      await mapLimited(ids, sideBySide, async (id) => {
        const manifest = `points/${id}/manifest.json`;
        if (!files[manifest]) {
          const found = await signedManifest(store, service, id, signers);
          if (typeof found === 'string') leftOut.push(`point ${id} at ${store.location}: ${found}`);
          else Object.assign(files, { [manifest]: found.bytes, [`${manifest}.sig`]: found.signature });
        }
        const marks = await marksOf(store, service, id, signers);
        Object.assign(files, marks.files);
        leftOut.push(...marks.leftOut);
      });
    } catch (error) {
      leftOut.push(`points at ${store.location}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return { files, leftOut };
}

async function signedManifest(store: ObjectStore, service: string, id: string, signers: PinnedSigners) {
  const [bytes, signature] = await Promise.all(
    [layout.manifest(service, id), layout.manifestSignature(service, id)].map((key) => bytesOf(store, key)),
  );
  if (!bytes) return 'it has no manifest: a backup that was not finished';
  if (!signature || !signers.signedBy(bytes, signature)) return 'no pinned signer signed its manifest';
  return { bytes, signature };
}

/** A mark that was changed may have said that the point is bad: that it is not here is told. */
async function marksOf(store: ObjectStore, service: string, id: string, signers: PinnedSigners): Promise<Part> {
  const files: Record<string, Buffer> = {};
  const leftOut: string[] = [];
  for (const key of await markKeysAt(store, service, id)) {
    const bytes = await markBytes(store, key);
    if (!bytes) continue;
    const name = `marks/${id}/${key.slice(layout.marks(service, id).length)}`;
    const split = splitSigned(bytes, 'mark', signers);
    if (split) Object.assign(files, { [name]: split.text, [`${name}.sig`]: split.signature });
    else leftOut.push(`${name} at ${store.location}: no pinned signer signed it as it is`);
  }
  return { files, leftOut };
}

/** A manifest of many thousand parts is some MB. */
async function bytesOf(store: ObjectStore, key: string): Promise<Buffer | undefined> {
  return (await store.head(key)) ? (await store.get(key)).body : undefined;
}

function isIn(id: string, { from, to }: Period): boolean {
  const time = timeOfPointId(id);
  return time >= from && time < to;
}

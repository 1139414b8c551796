/** Retention locks of what was written, and of what a new point refers to. */
import { layout } from '../../domain/points/recovery-point.ts';
import type { StepContext } from '../context.ts';
import type { ObjectStore } from '../storage/store.ts';
import { mapLimited } from './map-limited.ts';

export const locked = (key: string) => ({ key });

/** Keeps versions, or the newest where none is named, from being deleted for as long as the plan says. */
export async function lock(
  store: ObjectStore,
  versions: readonly { key: string; versionId?: string }[],
  context: StepContext,
): Promise<void> {
  const wanted = context.plan.storage[store.location]?.lock;
  if (!wanted || !store.retainUntil) return;
  const until = new Date(Date.now() + wanted.for);
  await mapLimited(versions, 16, async ({ key, versionId }) => {
    context.heartbeat({ text: 'locking what was written against deletion' });
    await store.retainUntil?.(key, versionId, until);
  });
}

export async function lockManifest(
  store: ObjectStore,
  service: string,
  id: string,
  context: StepContext,
): Promise<void> {
  await lock(store, [layout.manifest(service, id), layout.manifestSignature(service, id)].map(locked), context);
}

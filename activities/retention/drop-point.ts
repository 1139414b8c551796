/** Takes a point away from one location: first a signed word that this is on purpose, then its manifest. Nothing else of it is touched. */
import { layout } from '../../domain/points/recovery-point.ts';
import type { StepContext } from '../context.ts';
import { writeMark } from '../points/marks.ts';
import { loadSigner } from '../points/signer.ts';
import type { ObjectStore } from '../storage/store.ts';
import { erase, type Kept } from './erase.ts';

interface Reason {
  readonly how: string;
  readonly sha256: string;
  /** The person, where it was one. */
  readonly by?: string;
}

/** Out: what the store did not let go; then the point still stands there. */
export async function dropPoint(
  { store, service }: { readonly store: ObjectStore; readonly service: string },
  point: string,
  { how, sha256, by }: Reason,
  context: StepContext,
  mayGoOn: () => Promise<void>,
): Promise<readonly Kept[]> {
  const signer = await loadSigner(context.plan, context.secret);
  await mayGoOn();
  context.assertCurrent();
  await writeMark(
    store,
    {
      ...{ format: 1, service, point, manifest: sha256, state: 'dropped', at: new Date().toISOString() },
      ...{ run: context.run, locations: [store.location], how, ...(by ? { by } : {}) },
    },
    signer,
  );
  const manifest = layout.manifest(service, point);
  return (await erase(store, manifest, new Set([manifest]), context, mayGoOn)).kept;
}

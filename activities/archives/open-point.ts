/** What restoring and checking a component begin with: opened locations, a manifest that is believed, the point's key. */
import { Refusal, refusal } from '../../domain/errors.ts';
import type { ComponentRecord, Manifest } from '../../domain/recovery-point.ts';
import type { StepContext } from '../context.ts';
import { unseal } from '../points/keys.ts';
import { readManifest } from '../points/read-manifest.ts';
import { loadPinned, sha256Of } from '../points/signer.ts';
import type { ObjectStore } from '../storage/store.ts';

export interface OpenedPoint {
  /** Its id. */
  readonly point: string;
  readonly manifest: Manifest;
  readonly record: ComponentRecord;
  /** Locations that answered or may yet, nearest first. */
  readonly stores: readonly ObjectStore[];
  /**
   * Private keys of the points whose archives the component needs (`index`: of this point alone), unsealed with the site's, as a
   * host job takes them: `key.<point>`.
   */
  keys(only?: 'index'): Promise<Record<string, Buffer>>;
}

export interface PointWanted {
  readonly service: string;
  readonly point: { readonly id: string; readonly sha256: string };
  readonly component: string;
  readonly site: string;
  readonly locations: readonly string[];
}

/** Refusals of `readManifest`, `ComponentMissing`, `KeyMissing`. */
export async function openPoint(wanted: PointWanted, context: StepContext): Promise<OpenedPoint> {
  const stores = await Promise.all(wanted.locations.map((name) => context.store(name)));
  const signers = await loadPinned(context.plan, context.planFolder);
  const { manifest } = await readManifest(stores, wanted.service, wanted.point, signers);
  const record = manifest.components.find(({ component }) => component === wanted.component);
  if (!record) {
    throw refusal(
      'ComponentMissing',
      `Recovery point ${manifest.id} does not have component ${wanted.component}.`,
      'choose a point that has it, or skip this step if the service can do without.',
    );
  }
  return {
    point: manifest.id,
    manifest,
    record,
    stores,
    async keys(only) {
      const owners = new Set([manifest.id, ...(only ? [] : record.archives.map(({ point }) => point))]);
      const opened = [...owners].map(async (point) => {
        const sealed = manifest.keys.filter((each) => each.point === point);
        return [`key.${point}`, await pointKey(point, sealed, wanted.site, stores, context)] as const;
      });
      return Object.fromEntries(await Promise.all(opened));
    },
  };
}

async function pointKey(
  point: string,
  sealedKeys: Manifest['keys'],
  siteName: string,
  stores: readonly ObjectStore[],
  context: StepContext,
): Promise<Buffer> {
  const site = context.plan.sites[siteName];
  if (!site) throw refusal('KeyMissing', `The plan has no site ${siteName}.`, 'correct the plan.');
  const siteKey = await context.secret(site.key);
  let last: unknown;
  for (const { key, sha256 } of sealedKeys) {
    for (const store of stores) {
      try {
        const { body } = await store.get(key, 1_048_576);
        if (sha256Of(body) === sha256) return await unseal(body, siteKey, siteName);
        last = refusal('KeyMissing', `${key} at ${store.location} was changed.`, 'use the copy at another location.');
      } catch (error) {
        last = error;
        if (error instanceof Refusal && error.type === 'KeyMissing') break; // The same envelope lies everywhere.
      }
    }
  }
  throw (
    last ??
    refusal('KeyMissing', `The manifest names no key of recovery point ${point}.`, 'use another recovery point.')
  );
}

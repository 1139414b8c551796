/** What restoring and checking a component begin with: opened locations, a manifest that is believed, the point's key. */
import { refusal } from '../../domain/errors.ts';
import type { ComponentRecord, Manifest } from '../../domain/points/recovery-point.ts';
import type { KeyUse } from '../../domain/points/sealed-key.ts';
import type { StepContext } from '../context.ts';
import { recordKeyUse } from '../points/key-uses.ts';
import { openPointKey } from '../points/point-key.ts';
import { readManifest } from '../points/read-manifest.ts';
import { loadPinned } from '../points/signer.ts';
import { loadSiteKeys } from '../points/site-keys.ts';
import { openStores } from '../storage/open-stores.ts';
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
   * host job takes them: `key.<point>`. That they were opened, and what for, is recorded first.
   */
  keys(only?: 'index', use?: KeyOpening): Promise<Record<string, Buffer>>;
}

export interface KeyOpening {
  readonly purpose?: KeyUse['purpose'];
  /** Name of the host that they are sent to. */
  readonly host?: string;
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
  const stores = await openStores(wanted.locations, context);
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
    async keys(only, { purpose = 'restore', host } = {}) {
      const owners = new Set([manifest.id, ...(only ? [] : record.archives.map(({ point }) => point))]);
      const siteKeys = await loadSiteKeys(context.plan, wanted.site, context.secret);
      await recordKeyUse({ purpose, points: [...owners].sort(), site: wanted.site, host }, stores, context);
      const opened = [...owners].map(async (point) => {
        const named = keyOf(manifest, point);
        return [`key.${point}`, await openPointKey(named, wanted.service, stores, signers, siteKeys)] as const;
      });
      return Object.fromEntries(await Promise.all(opened));
    },
  };
}

function keyOf(manifest: Manifest, point: string): Manifest['keys'][number] {
  const named = manifest.keys.find((each) => each.point === point);
  if (named) return named;
  throw refusal('KeyMissing', `The manifest names no key of recovery point ${point}.`, 'use another recovery point.');
}

/** A world with a location of every other driver beside its two S3 ones: `azure`, `gcs` and `office`, a folder. */
import { type AzureServer, startAzure } from '../storage/azurite.ts';
import { type GcsServer, startGcs } from '../storage/fake-gcs.ts';
import { type ServedFolder, startFolder } from '../storage/served-folder.ts';
import type { World } from './world.ts';

export interface MoreStores {
  readonly azure: AzureServer;
  readonly gcs: GcsServer;
  readonly office: ServedFolder;
  end(): Promise<void>;
}

export async function addStores(world: World): Promise<MoreStores> {
  const [azure, gcs, office] = await Promise.all([startAzure(['azure']), startGcs(['gcs']), startFolder('office')]);
  Object.assign(world.plan.storage, {
    azure: azure.location('azure'),
    gcs: gcs.location('gcs'),
    office: office.location,
  });
  Object.assign(world.stores, {
    azure: await azure.open('azure'),
    gcs: await gcs.open('gcs'),
    office: await office.open(),
  });
  return {
    azure,
    gcs,
    office,
    async end() {
      await Promise.all([azure.stop(), gcs.stop(), office.stop()]);
    },
  };
}

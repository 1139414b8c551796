/** A folder on this machine, served on a free loopback port as a worker serves it. */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLocalStore } from '../../../activities/storage/local.ts';
import { folderServer } from '../../../activities/storage/serve.ts';
import type { ObjectStore } from '../../../activities/storage/store.ts';
import type { LocalLocation } from '../../../domain/storage/local.ts';
import { freePort } from './versitygw.ts';

export interface ServedFolder {
  readonly folder: string;
  readonly secret: string;
  readonly location: LocalLocation;
  open(): Promise<ObjectStore>;
  stop(): Promise<void>;
}

export async function startFolder(name: string, prefix = 'muster'): Promise<ServedFolder> {
  const folder = await mkdtemp(join(tmpdir(), 'muster-folder-'));
  const secret = 'a secret of thirty-two characters, and more';
  const port = await freePort();
  const location: LocalLocation = {
    driver: 'local',
    region: 'office',
    prefix,
    folder,
    mounted: false,
    served: { url: `http://127.0.0.1:${port}`, listen: `127.0.0.1:${port}`, secret: { env: 'FOLDER_SECRET' } },
  };
  const server = folderServer([{ name, location, secret }]);
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  if ((server.address() as AddressInfo).port !== port) throw new Error(`not at ${port}`);
  return {
    folder,
    secret,
    location,
    open: () => openLocalStore(name, location, secret),
    async stop() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Starts Azurite, a server that speaks Azure Blob Storage, on a free loopback port. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { openAzureStore } from '../../../activities/storage/azure.ts';
import type { ObjectStore } from '../../../activities/storage/store.ts';
import type { AzureLocation } from '../../../domain/storage/azure.ts';
import { ended, untilHealthy } from './server-process.ts';
import { freePort } from './versitygw.ts';

export interface AzureServer {
  readonly accountKey: string;
  location(container: string, prefix?: string): AzureLocation;
  open(name: string, container?: string): Promise<ObjectStore>;
  /** Where the server keeps what it was given. */
  readonly folder: string;
  stop(): Promise<void>;
}

const account = 'devstoreaccount1';
/** The key that Azurite documents; it opens nothing else. */
const accountKey = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';

/** `wrap`: a command in front of the server's, for example one that gives it a small disk at its folder. */
export async function startAzure(
  containers: readonly string[],
  wrap: (folder: string) => string[] = () => [],
): Promise<AzureServer> {
  const folder = await mkdtemp(join(tmpdir(), 'muster-azure-'));
  const port = await freePort();
  const home = dirname(createRequire(import.meta.url).resolve('azurite/package.json'));
  const flags = ['--blobHost', '127.0.0.1', '--blobPort', String(port), '--location', folder, '--silent'];
  const command = [process.execPath, join(home, 'dist/src/blob/main.js'), ...flags, '--skipApiVersionCheck'];
  const [first = '', ...rest] = [...wrap(folder), ...command];
  const child = spawn(first, [...rest, '--disableTelemetry'], { stdio: 'ignore' });
  const endpoint = `http://127.0.0.1:${port}/${account}`;
  await untilHealthy('azurite', endpoint, child);
  const { BlobServiceClient, StorageSharedKeyCredential } = await import('@azure/storage-blob');
  const admin = new BlobServiceClient(endpoint, new StorageSharedKeyCredential(account, accountKey));
  for (const container of containers) await admin.createContainer(container);
  const location = (container: string, prefix = 'muster'): AzureLocation => ({
    driver: 'azure',
    region: 'westeurope',
    account,
    container,
    prefix,
    endpoint,
    accountKey: { env: 'AZURE_ACCOUNT_KEY' },
  });
  return {
    accountKey,
    folder,
    location,
    open: (name, container = name) => openAzureStore(name, location(container), accountKey),
    async stop() {
      await ended(child);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

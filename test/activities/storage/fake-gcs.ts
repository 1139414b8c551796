/** Starts fake-gcs-server, which speaks Google Cloud Storage, on a free loopback port. It checks no credentials and no signatures. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openGcsStore } from '../../../activities/storage/gcs.ts';
import type { ObjectStore } from '../../../activities/storage/store.ts';
import type { GcsLocation } from '../../../domain/storage/gcs.ts';
import { goTool } from '../../../lab/tools/go.ts';
import { serviceAccountKey } from '../../../lab/tools/service-account.ts';
import { ended, untilHealthy } from './server-process.ts';
import { freePort } from './versitygw.ts';

export interface GcsServer {
  readonly serviceAccountKey: string;
  location(bucket: string, prefix?: string): GcsLocation;
  open(name: string, bucket?: string): Promise<ObjectStore>;
  /** Where the server keeps what it was given. */
  readonly folder: string;
  stop(): Promise<void>;
}

export async function startGcs(
  buckets: readonly string[],
  wrap: (folder: string) => string[] = () => [],
): Promise<GcsServer> {
  const folder = await mkdtemp(join(tmpdir(), 'muster-gcs-'));
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const server = await goTool('fake-gcs-server', { note: () => {} });
  const listen = ['-scheme', 'http', '-host', '127.0.0.1', '-port', String(port), '-public-host', `127.0.0.1:${port}`];
  const backend = [
    '-backend',
    'filesystem',
    '-filesystem-root',
    folder,
    '-external-url',
    endpoint,
    '-log-level',
    'error',
  ];
  const [first = '', ...rest] = [...wrap(folder), server, ...listen, ...backend];
  const child = spawn(first, rest, { stdio: 'ignore' });
  await untilHealthy('fake-gcs-server', `${endpoint}/storage/v1/b?project=muster`, child);
  for (const name of buckets) {
    const made = await fetch(`${endpoint}/storage/v1/b?project=muster`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name }),
    });
    if (!made.ok) throw new Error(`${name}: ${await made.text()}`);
  }
  const serviceAccountKey = testServiceAccount();
  const location = (bucket: string, prefix = 'muster'): GcsLocation => ({
    driver: 'gcs',
    region: 'europe-west4',
    bucket,
    prefix,
    endpoint,
    serviceAccountKey: { env: 'GCS_KEY' },
  });
  return {
    serviceAccountKey,
    folder,
    location,
    open: (name, bucket = name) => openGcsStore(name, location(bucket), serviceAccountKey),
    async stop() {
      await ended(child);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export const testServiceAccount = () => serviceAccountKey('muster', 'muster');

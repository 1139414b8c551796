/** Starts a real S3 server on a free loopback port for tests. */

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openS3Store } from '../../../activities/storage/s3.ts';
import type { ObjectStore } from '../../../activities/storage/store.ts';
import type { S3Location } from '../../../domain/storage/s3.ts';
import { goTool } from '../../../lab/tools/go.ts';

export interface S3Server {
  readonly endpoint: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Where the server keeps objects: `<data>/<bucket>/<key>` is a plain file. */
  readonly data: string;
  location(bucket: string, prefix?: string): S3Location;
  /** Opens a bucket that exists. */
  open(name: string, bucket?: string): Promise<ObjectStore>;
  /** Kills it, and starts it again on the same data. */
  crash(): Promise<void>;
  stop(): Promise<void>;
}

/** A server with the named buckets, versioning and object lock possible. */
export async function startS3(
  buckets: readonly string[] = ['points'],
  host = '127.0.0.1',
  wrap: (folder: string) => string[] = () => [],
): Promise<S3Server> {
  const root = await mkdtemp(join(tmpdir(), 'muster-s3-'));
  const data = join(root, 'data');
  await mkdir(data);
  await mkdir(join(root, 'versions'));
  const port = await freePort(host);
  const credentials = { accessKeyId: 'lab-access', secretAccessKey: 'lab-secret-key' };
  const listen = ['--port', `${host}:${port}`, '--quiet', '--health', '/health'];
  const keys = ['--access', credentials.accessKeyId, '--secret', credentials.secretAccessKey];
  const backend = ['posix', '--versioning-dir', join(root, 'versions'), data];
  const [first = '', ...rest] = [
    ...wrap(data),
    await goTool('versitygw', { note: () => {} }),
    ...listen,
    ...keys,
    ...backend,
  ];
  const endpoint = `http://${host}:${port}`;
  const start = async () => {
    const started = spawn(first, rest, { stdio: 'ignore' });
    await untilHealthy(`${endpoint}/health`, started);
    return started;
  };
  const kill = async () => {
    const gone = new Promise((done) => child.once('exit', done));
    child.kill('SIGKILL');
    await gone;
  };
  let child = await start();
  const location = (bucket: string, prefix = 'muster'): S3Location => ({
    driver: 's3',
    region: 'us-east-1',
    bucket,
    prefix,
    endpoint,
  });
  const { S3Client, CreateBucketCommand } = await import('@aws-sdk/client-s3');
  const admin = new S3Client({ region: 'us-east-1', endpoint, forcePathStyle: true, credentials });
  for (const bucket of buckets) {
    await admin.send(new CreateBucketCommand({ Bucket: bucket, ObjectLockEnabledForBucket: true }));
  }
  admin.destroy();
  return {
    endpoint,
    credentials,
    data,
    location,
    open: (name, bucket = name) => openS3Store(name, location(bucket), credentials),
    async crash() {
      await kill();
      child = await start();
    },
    async stop() {
      await kill();
      await rm(root, { recursive: true, force: true });
    },
  };
}

async function untilHealthy(url: string, child: ChildProcess): Promise<void> {
  const limit = Date.now() + 20_000;
  while (Date.now() < limit) {
    if (child.exitCode !== null) throw new Error(`versitygw ended with ${child.exitCode}`);
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok) return;
    await new Promise((done) => setTimeout(done, 30));
  }
  child.kill('SIGKILL');
  throw new Error(`versitygw did not answer at ${url}`);
}

export async function freePort(host = '127.0.0.1'): Promise<number> {
  return await new Promise((done, failed) => {
    const server = createServer();
    server.once('error', failed);
    server.listen(0, host, () => {
      const { port } = server.address() as { port: number };
      server.close(() => done(port));
    });
  });
}

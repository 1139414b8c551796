/** What is wrong with a store is said by its name, whatever the driver; servers that answer as the real ones do where none can be made to. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openAzureStore } from '../../../activities/storage/azure.ts';
import { openGcsStore } from '../../../activities/storage/gcs.ts';
import { openS3Store } from '../../../activities/storage/s3.ts';
import type { ObjectStore } from '../../../activities/storage/store.ts';
import { startAzure } from './azurite.ts';
import { startGcs, testServiceAccount } from './fake-gcs.ts';
import { onSmallDisk } from './server-process.ts';
import { freePort, startS3 } from './versitygw.ts';

const accountKey = Buffer.alloc(64, 7).toString('base64');
const keys = { accessKeyId: 'someone', secretAccessKey: 'something' };

type Driver = 's3' | 'azure' | 'gcs';
const drivers: Driver[] = ['s3', 'azure', 'gcs'];

async function openAt(driver: Driver, endpoint: string, requestTimeout = 5_000): Promise<ObjectStore> {
  const impatient = { maxAttempts: 1, requestTimeout };
  const every = { region: 'here', prefix: 'muster', endpoint };
  const key = { env: 'UNUSED' };
  if (driver === 's3') return await openS3Store('far', { ...every, driver, bucket: 'points' }, keys, impatient);
  if (driver === 'azure') {
    const location = { ...every, driver, account: 'someone', container: 'points', accountKey: key };
    return await openAzureStore('far', location, accountKey, impatient);
  }
  const location = { ...every, driver, bucket: 'points', serviceAccountKey: key };
  return await openGcsStore('far', location, testServiceAccount(), impatient);
}

const servers: Server[] = [];
afterAll(async () => {
  for (const server of servers) {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  }
});

async function listening(server: Server): Promise<string> {
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const everyCall = (store: ObjectStore): [string, () => Promise<unknown>][] => [
  ['get', () => store.get('x')],
  ['head', () => store.head('x')],
  ['put', () => store.put('x', Buffer.from('x'))],
  ['putIfAbsent', () => store.putIfAbsent('x', Buffer.from('x'))],
  ['putIfMatch', () => store.putIfMatch('x', Buffer.from('x'), '1')],
  ['list', async () => await store.list('')[Symbol.asyncIterator]().next()],
  ['folders', async () => await store.folders('a/')[Symbol.asyncIterator]().next()],
];

describe('a bucket or container that is not there', () => {
  it.each([
    ['s3', () => startS3(['points'])],
    ['azure', () => startAzure(['points'])],
    ['gcs', () => startGcs(['points'])],
  ] as const)('is named by every call of %s', async (_, start) => {
    const server = await start();
    try {
      const store = await server.open('far', 'no-such-place');
      for (const [call, act] of everyCall(store)) {
        await expect(act(), call).rejects.toMatchObject({
          type: 'BucketMissing',
          message: expect.stringContaining('no-such-place'),
        });
      }
    } finally {
      await server.stop();
    }
  });
});

describe('credentials that are refused', () => {
  it('are named by azure, against Azurite', async () => {
    const server = await startAzure(['points']);
    try {
      const store = await openAzureStore('far', server.location('points'), accountKey, { maxAttempts: 1 });
      for (const [call, act] of everyCall(store)) {
        await expect(act(), call).rejects.toMatchObject({ type: 'StoreDenied' });
      }
    } finally {
      await server.stop();
    }
  });

  it('are named by gcs, against a server that answers as Google does', async () => {
    const error = {
      code: 403,
      message: 'muster@… does not have storage.objects.get access',
      errors: [{ reason: 'forbidden' }],
    };
    const at = await listening(
      createServer((_, response) => {
        response.writeHead(403, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ error }));
      }),
    );
    const store = await openAt('gcs', `http://${at}`);
    for (const [call, act] of everyCall(store)) {
      await expect(act(), call).rejects.toMatchObject({ type: 'StoreDenied' });
    }
  });

  it('are refused when they are none at all, without being repeated', async () => {
    const location = {
      driver: 'gcs',
      region: 'x',
      prefix: '',
      bucket: 'points',
      serviceAccountKey: { env: 'X' },
    } as const;
    const wrong = '{"private_key":"hush"}';
    const error = await openGcsStore('far', location, wrong).catch((thrown) => thrown);
    expect(error).toMatchObject({ type: 'CredentialsMalformed' });
    expect(error.message).not.toContain('hush');
    const azure = {
      driver: 'azure',
      region: 'x',
      prefix: '',
      account: 'abc',
      container: 'points',
      accountKey: { env: 'X' },
    } as const;
    await expect(openAzureStore('far', azure, 'hush')).rejects.toMatchObject({ type: 'CredentialsMalformed' });
  });
});

describe('an object that a policy of the store keeps', () => {
  it.each([
    [
      'azure',
      409,
      '<?xml version="1.0" encoding="utf-8"?><Error><Code>BlobImmutableDueToPolicy</Code><Message>This operation is not permitted as the blob is immutable due to a policy.</Message></Error>',
    ],
    [
      'gcs',
      403,
      JSON.stringify({
        error: {
          code: 403,
          message:
            "Object 'points/x' is subject to bucket's retention policy or object retention and cannot be deleted or overwritten until 2027-01-01",
          errors: [{ reason: 'retentionPolicyNotMet' }],
        },
      }),
    ],
  ] as const)('is not tried again by %s', async (driver, status, body) => {
    const answer: RequestListener = (request, response) => {
      request.resume();
      response.writeHead(status, { 'content-type': driver === 'gcs' ? 'application/json' : 'application/xml' });
      response.end(body);
    };
    const store = await openAt(driver, `http://${await listening(createServer(answer))}`);
    await expect(store.delete('x')).rejects.toMatchObject({ type: 'ObjectLocked' });
    await expect(store.put('x', Buffer.from('x'))).rejects.toMatchObject({ type: 'ObjectLocked' });
  });
});

describe('a clock that is off', () => {
  const minutes = 37;
  const theirs = () => new Date(Date.now() - minutes * 60_000);
  /** As each store refuses a request of another time; all of them say in `Date` what time it is. */
  const answers: Record<Driver, [number, (now: Date) => string]> = {
    s3: [
      403,
      (now) =>
        `<?xml version="1.0" encoding="UTF-8"?><Error><Code>RequestTimeTooSkewed</Code><Message>The difference between the request time and the current time is too large.</Message><RequestTime>x</RequestTime><ServerTime>${now.toISOString()}</ServerTime><MaxAllowedSkewMilliseconds>900000</MaxAllowedSkewMilliseconds></Error>`,
    ],
    azure: [
      403,
      () =>
        '<?xml version="1.0" encoding="utf-8"?><Error><Code>AuthenticationFailed</Code><Message>Server failed to authenticate the request.</Message><AuthenticationErrorDetail>Request date header too old</AuthenticationErrorDetail></Error>',
    ],
    gcs: [
      401,
      () => JSON.stringify({ error: { code: 401, message: 'Invalid Credentials', errors: [{ reason: 'authError' }] } }),
    ],
  };

  it.each(drivers)('is told by %s, and how far it is off', async (driver) => {
    const [status, body] = answers[driver];
    const answer: RequestListener = (request, response) => {
      request.resume();
      const type = driver === 'gcs' ? 'application/json' : 'application/xml';
      response.writeHead(status, { date: theirs().toUTCString(), 'content-type': type });
      response.end(body(theirs()));
    };
    const store = await openAt(driver, `http://${await listening(createServer(answer))}`);
    await expect(store.get('x')).rejects.toMatchObject({
      type: 'ClockSkewed',
      message: expect.stringMatching(/clock of this machine is 3[67]m\w* ahead of the store's/),
      hint: expect.stringContaining('set the clock'),
    });
    await expect(store.put('x', Buffer.from('x'))).rejects.toMatchObject({ type: 'ClockSkewed' });
  });
});

describe('a store without room', () => {
  it.each([
    ['s3', () => startS3(['points'], '127.0.0.1', onSmallDisk('2m'))],
    ['gcs', () => startGcs(['points'], onSmallDisk('2m'))],
  ] as const)('is named by %s, and small objects still fit', async (_, start) => {
    const server = await start();
    try {
      const store = await server.open('points');
      const body = Buffer.alloc(4_000_000, 'y');
      await expect(store.put('big', body)).rejects.toMatchObject({ type: 'StoreFull' });
      await expect(store.putIfAbsent('big', body)).rejects.toMatchObject({ type: 'StoreFull' });
      expect(await store.head('big')).toBeUndefined();
      await store.put('small', Buffer.from('x'));
    } finally {
      await server.stop();
    }
  });
});

describe('a store that is away', () => {
  it.each(drivers)('is a passing fault of %s, so that it is tried again', async (driver) => {
    const store = await openAt(driver, `http://127.0.0.1:${await freePort()}`);
    await expect(store.get('x')).rejects.toMatchObject({ name: 'StoreUnreachable' });
    await expect(store.put('x', Buffer.from('x'))).rejects.toMatchObject({ name: 'StoreUnreachable' });
  });
});

describe('a store that stands still', () => {
  it.each(drivers)('is given up by %s in its time, before an answer and in the middle of one', async (driver) => {
    const silent = await openAt(driver, `http://${await listening(createServer(() => {}))}`, 400);
    const started = performance.now();
    await expect(silent.get('x')).rejects.toMatchObject({ name: 'StoreUnreachable' });
    await expect(silent.head('x')).rejects.toMatchObject({ name: 'StoreUnreachable' });
    const half = createServer((_, response) => {
      response.writeHead(200, { 'content-length': 1_000 });
      response.write('half of it');
    });
    const cut = await openAt(driver, `http://${await listening(half)}`, 400);
    await expect(cut.get('x')).rejects.toMatchObject({ name: 'StoreUnreachable' });
    expect(performance.now() - started).toBeLessThan(20_000);
  });

  it.each(drivers)('is not what %s takes a slow one for', async (driver) => {
    const slow = createServer((_, response) => {
      response.writeHead(200, { 'content-length': 10, etag: '"1"' });
      let sent = 0;
      const timer = setInterval(() => {
        response.write('x');
        sent += 1;
        if (sent === 10) clearInterval(timer);
      }, 100);
    });
    const store = await openAt(driver, `http://${await listening(slow)}`, 600);
    expect((await store.get('x')).body.toString()).toBe('xxxxxxxxxx');
  });
});

describe('TLS', () => {
  let folder: string;
  let tls: { key: string; cert: string };
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'muster-tls-'));
    const files = ['-keyout', join(folder, 'key'), '-out', join(folder, 'crt')];
    const make = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=x'];
    await promisify(execFile)('openssl', [...make, ...files]);
    // Tokens come from Google's own server, which is not there: what is shown is the connection to the store.
    const { Storage } = await import('@google-cloud/storage');
    const google = Object.getPrototypeOf(new Storage({ projectId: 'none' }).authClient);
    vi.spyOn(google, 'authorizeRequest').mockImplementation(async (request) => request);
    tls = { key: await readFile(join(folder, 'key'), 'utf8'), cert: await readFile(join(folder, 'crt'), 'utf8') };
  });
  afterAll(async () => {
    vi.restoreAllMocks();
    await rm(folder, { recursive: true, force: true });
  });

  it.each(drivers)('older than 1.3 is refused by %s', async (driver) => {
    const at = await listening(createSecureServer({ ...tls, maxVersion: 'TLSv1.2' }));
    const store = await openAt(driver, `https://${at}`);
    const expected = { type: 'TlsTooOld', message: expect.stringContaining('does not speak TLS 1.3') };
    await expect(store.head('x')).rejects.toMatchObject(expected);
    await expect(store.put('x', Buffer.from('x'))).rejects.toMatchObject(expected);
  });

  it.each(drivers)('1.3 with a certificate of nobody is refused by %s for that', async (driver) => {
    const at = await listening(createSecureServer({ ...tls }));
    const store = await openAt(driver, `https://${at}`);
    await expect(store.head('x')).rejects.toMatchObject({ type: 'CertificateUntrusted' });
  });
});

/** The connection against a real server behind a front that asks who we are. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tellNewKeys } from '../../../activities/temporal/api-key.ts';
import { connectClient, connectWorker } from '../../../activities/temporal/connect.ts';
import { type Env, temporalPlace } from '../../../activities/temporal/settings.ts';
import { checkSearchAttributes } from '../../../workers/search-attributes.ts';
import { capture } from '../../scripts/fixtures/capture.ts';
import { type GrpcFront, startGrpcFront } from '../../support/grpc-front.ts';
import { startTemporal, type TemporalServer } from '../../support/temporal.ts';

Runtime.install({ logger: new DefaultLogger('ERROR') });
let server: TemporalServer;
let mutual: GrpcFront;
let keyed: GrpcFront;
let folder: string;
/** Nobody's own settings may reach the tests. */
const clean = { TEMPORAL_CONFIG_FILE: '/nowhere/temporal.toml' };

beforeAll(async () => {
  server = await startTemporal();
  mutual = await startGrpcFront(server.address, { mutual: true });
  keyed = await startGrpcFront(server.address, { apiKey: 'first-key' });
  folder = await mkdtemp(join(tmpdir(), 'muster-connect-'));
});
afterAll(async () => {
  await mutual?.stop();
  await keyed?.stop();
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Connects as a client and as a worker, and asks the server something as each. */
async function bothWays(env: Env): Promise<void> {
  const { client, close } = await connectClient(env);
  await checkSearchAttributes(client);
  await close();
  const worker = await connectWorker(temporalPlace(env));
  await worker.connection.workflowService.describeNamespace({ namespace: 'default' });
  await worker.close();
}

const trusted = () => ({ ...clean, TEMPORAL_TLS_SERVER_CA_CERT_PATH: mutual.files.authority });
const mutualEnv = () => ({
  ...trusted(),
  TEMPORAL_ADDRESS: mutual.address,
  TEMPORAL_TLS_CLIENT_CERT_PATH: mutual.files.client,
  TEMPORAL_TLS_CLIENT_KEY_PATH: mutual.files.clientKey,
});

describe('client certificates', () => {
  it('let a client and a worker in', async () => {
    await bothWays(mutualEnv());
  });

  it('come from a profile of temporal.toml too, under the server name it gives', async () => {
    const file = join(folder, 'temporal.toml');
    const { files, address } = mutual;
    await writeFile(
      file,
      `[profile.prod]\naddress = "${address.replace('localhost', '127.0.0.1')}"\n[profile.prod.tls]\n` +
        `server_name = "localhost"\nserver_ca_cert_path = "${files.authority}"\n` +
        `client_cert_path = "${files.client}"\nclient_key_path = "${files.clientKey}"\n`,
    );
    await bothWays({ TEMPORAL_CONFIG_FILE: file, TEMPORAL_PROFILE: 'prod' });
    await expect(connectClient({ TEMPORAL_CONFIG_FILE: file, TEMPORAL_PROFILE: 'none' })).rejects.toMatchObject({
      type: 'TemporalSettings',
    });
    await writeFile(file, '');
    await expect(connectClient({ TEMPORAL_CONFIG_FILE: file })).rejects.toThrow('the file has no [profile.NAME]');
  });

  it.each([
    [
      'none is shown',
      () => ({ TEMPORAL_TLS_CLIENT_CERT_PATH: undefined, TEMPORAL_TLS_CLIENT_KEY_PATH: undefined }),
      /no client certificate/,
    ],
    [
      'it is of another authority',
      () => ({
        TEMPORAL_TLS_CLIENT_CERT_PATH: mutual.files.stranger,
        TEMPORAL_TLS_CLIENT_KEY_PATH: mutual.files.strangerKey,
      }),
      /refuses our client certificate/,
    ],
    [
      'the authority of the server is another',
      () => ({ TEMPORAL_TLS_SERVER_CA_CERT_PATH: mutual.files.otherAuthority }),
      /its certificate is not from an authority that is trusted here/,
    ],
    ['the server goes by another name', () => ({ TEMPORAL_TLS_SERVER_NAME: 'temporal.example' }), /temporal\.example/],
    ['the server does not speak TLS', () => ({ TEMPORAL_ADDRESS: server.address }), /does not speak TLS/],
  ])('that do not do are refused with the reason: %s', async (_, change, words) => {
    const env = { ...mutualEnv(), ...change() };
    const refused = { type: 'TlsRefused', message: expect.stringMatching(words) };
    await expect(connectClient(env)).rejects.toMatchObject(refused);
    await expect(connectWorker(temporalPlace(env))).rejects.toMatchObject(refused);
  });

  it('that are not there are named', async () => {
    const env = { ...mutualEnv(), TEMPORAL_TLS_CLIENT_CERT_PATH: join(folder, 'gone.pem') };
    await expect(connectClient(env)).rejects.toMatchObject({
      type: 'TemporalSettings',
      message: expect.stringContaining('gone.pem'),
    });
  });

  it('say nothing of TLS where simply nothing answers', async () => {
    await expect(connectClient({ ...mutualEnv(), TEMPORAL_ADDRESS: '127.0.0.1:1' })).rejects.toMatchObject({
      type: 'NoServer',
    });
  });
});

describe('an API key', () => {
  const keyEnv = (key: string) => ({
    ...clean,
    TEMPORAL_ADDRESS: keyed.address,
    TEMPORAL_TLS_SERVER_CA_CERT_PATH: keyed.files.authority,
    TEMPORAL_API_KEY: key,
  });

  it('lets a client and a worker in, and goes over TLS', async () => {
    await bothWays(keyEnv('first-key'));
    expect([...keyed.passed.keys()]).toEqual(['Bearer first-key']);
    expect(temporalPlace({ ...clean, TEMPORAL_API_KEY: 'k' }).tls).toBe(true);
  });

  it('that is wrong is refused, without showing it', async () => {
    const refused = { type: 'AccessDenied', message: expect.not.stringContaining('wrong-key') };
    await expect(connectClient(keyEnv('wrong-key'))).rejects.toMatchObject(refused);
    await expect(connectWorker(temporalPlace(keyEnv('wrong-key')))).rejects.toMatchObject(refused);
    const answer = await capture(['status', 'spacetime'], keyEnv('wrong-key'));
    expect(answer).toMatchObject({ code: 2, err: expect.stringContaining('does not accept who we are') });
  });

  it('in a file is rotated under a client and a worker that go on', async () => {
    const file = join(folder, 'api-key');
    await writeFile(file, 'first-key\n');
    const env = { ...keyEnv(''), TEMPORAL_API_KEY: undefined, MUSTER_TEMPORAL_API_KEY_FILE: file };
    const place = temporalPlace(env);
    const { client, close } = await connectClient(env);
    const worker = await connectWorker(place);
    const telling = tellNewKeys(place.apiKey as never, (key) => worker.connection.setApiKey(key), 50);
    const ask = () => worker.connection.workflowService.describeNamespace({ namespace: 'default' });

    await writeFile(file, 'second-key');
    keyed.take('second-key');
    await expect
      .poll(
        () =>
          client.workflow.count().then(
            () => 'in',
            () => 'out',
          ),
        { timeout: 10_000 },
      )
      .toBe('in');
    await expect
      .poll(
        () =>
          ask().then(
            () => 'in',
            () => 'out',
          ),
        { timeout: 10_000 },
      )
      .toBe('in');
    expect(keyed.passed.get('Bearer second-key')).toBeGreaterThan(1);
    telling.stop();
    await worker.close();
    await close();
    keyed.take('first-key');
  });

  it('in a file that is missing or empty, or beside another key, is refused', async () => {
    const at =
      (file: string, more: Env = {}) =>
      () =>
        temporalPlace({ ...clean, ...more, MUSTER_TEMPORAL_API_KEY_FILE: file });
    const empty = join(folder, 'empty');
    await writeFile(empty, '\n');
    expect(at(join(folder, 'gone'))).toThrow(/cannot be read \(ENOENT\)/);
    expect(at(empty)).toThrow(/is empty/);
    expect(at(empty, { TEMPORAL_API_KEY: 'k' })).toThrow(/two API keys/);
  });
});

describe('the search attributes', () => {
  it('that a namespace lacks are named', async () => {
    const { client, close } = await connectClient({ ...clean, TEMPORAL_ADDRESS: server.address });
    await client.connection.operatorService.removeSearchAttributes({
      namespace: 'default',
      searchAttributes: ['MusterPhase'],
    });
    await expect
      .poll(
        () =>
          checkSearchAttributes(client).then(
            () => '',
            (error: Error) => error.message,
          ),
        { timeout: 10_000 },
      )
      .toMatch(/lacks the search attributes MusterPhase\./);
    await close();
  });
});

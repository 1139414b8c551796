import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request as plain } from 'node:http';
import { request as secured } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newKeyLine } from '../../../activities/temporal/key-ring.ts';
import { startGrpcFront } from '../../support/grpc-front.ts';
import { capture } from '../fixtures/capture.ts';

const ui = 'http://127.0.0.1:8233';
const words = 'the password of the database';
const clear = {
  metadata: { encoding: Buffer.from('json/plain').toString('base64') },
  data: Buffer.from(JSON.stringify({ words })).toString('base64'),
};
let folder: string;
let keys: string;
let line: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-codec-server-'));
  keys = join(folder, 'keys');
  line = newKeyLine('k1');
  await writeFile(keys, `${line}\n`, { mode: 0o600 });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs `muster codec serve` around `work`, and gives back all that it printed. */
async function serving(options: string[], work: (url: string) => Promise<void>, env: object = {}): Promise<string> {
  const ending = new AbortController();
  let tell: (url: string) => void = () => {};
  const url = new Promise<string>((resolve) => {
    tell = resolve;
  });
  const onOut = (out: string) => {
    const [found] = out.match(/https?:\/\/\S+:\d+/) ?? [];
    if (found) tell(found);
  };
  const all = ['codec', 'serve', '--listen', '127.0.0.1:0', '--origin', `${ui}/`, ...options];
  const command = capture(all, { MUSTER_CODEC_KEYS_FILE: keys, ...env }, { signal: ending.signal, onOut });
  try {
    await Promise.race([url.then(work), command.then(({ err }) => Promise.reject(new Error(err)))]);
  } finally {
    ending.abort();
  }
  return (await command).out;
}

interface Asked {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
  readonly ca?: string;
}

/** By hand, since `fetch` sets Host and Origin itself. */
async function ask(url: string, { method = 'POST', headers = {}, body, ca }: Asked = {}) {
  return await new Promise<{ status: number; headers: Record<string, unknown>; body: Body }>((resolve, reject) => {
    const asking = url.startsWith('https:') ? secured : plain;
    const request = asking(url, { method, headers: { origin: ui, ...headers }, ca }, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text ? JSON.parse(text) : {} }),
      );
    });
    request.on('error', reject);
    request.end(typeof body === 'string' ? body : JSON.stringify(body ?? { payloads: [clear] }));
  });
}

interface Body {
  readonly payloads?: { metadata: Record<string, string>; data: string }[];
  readonly message?: string;
}

describe('muster codec serve', () => {
  it('seals and opens payloads for the UI, and logs neither payload nor key', async () => {
    const printed = await serving([], async (url) => {
      const sealed = await ask(`${url}/encode`, { headers: { 'x-namespace': 'default' } });
      expect(sealed.status).toBe(200);
      expect(sealed.headers['access-control-allow-origin']).toBe(ui);
      const [only] = sealed.body.payloads ?? [];
      expect(Buffer.from(only?.data ?? '', 'base64').includes('password')).toBe(false);
      const opened = await ask(`${url}/decode`, { body: { payloads: [only, clear] } });
      expect(opened.body.payloads).toEqual([clear, clear]);
    });
    expect(printed).toContain('POST /encode 200');
    expect(printed).not.toContain('password');
    expect(printed).not.toContain(line.split(' ')[1]);
  });

  it('answers the preflight of its own UI alone', async () => {
    await serving([], async (url) => {
      const preflight = { method: 'OPTIONS', headers: { 'access-control-request-method': 'POST' }, body: '' };
      const ours = await ask(`${url}/decode`, preflight);
      expect(ours).toMatchObject({ status: 204, headers: { 'access-control-allow-origin': ui } });
      expect(ours.headers['access-control-allow-headers']).toMatch(/X-Namespace/);
      const theirs = await ask(`${url}/decode`, { ...preflight, headers: { origin: 'http://evil.example' } });
      expect(theirs.status).toBe(403);
      expect(theirs.headers['access-control-allow-origin']).toBeUndefined();
    });
  });

  it('refuses a page of another origin, and a name that somebody else points here', async () => {
    await serving([], async (url) => {
      expect(await ask(`${url}/decode`, { headers: { origin: 'http://evil.example' } })).toMatchObject({ status: 403 });
      expect(await ask(`${url}/decode`, { headers: { host: 'evil.example:8791' } })).toMatchObject({ status: 421 });
    });
  });

  it('asks for its token where it has one', async () => {
    const token = join(folder, 'token');
    await writeFile(token, 'open sesame\n');
    const printed = await serving(['--token-file', token], async (url) => {
      expect((await ask(`${url}/decode`)).status).toBe(401);
      expect((await ask(`${url}/decode`, { headers: { authorization: 'Bearer guess' } })).status).toBe(401);
      expect((await ask(`${url}/decode`, { headers: { authorization: 'Bearer open sesame' } })).status).toBe(200);
    });
    expect(printed).not.toContain('sesame');
  });

  it('names a key that it lacks, and refuses what is no list of payloads', async () => {
    const other = { MUSTER_CODEC_KEYS_FILE: undefined, MUSTER_CODEC_KEYS: newKeyLine('k2') };
    let sealed: Body = {};
    await serving([], async (url) => {
      sealed = (await ask(`${url}/encode`)).body;
      for (const body of ['', 'x', '{}', '{"payloads": [{"data": "%%"}]}'])
        expect((await ask(`${url}/decode`, { body: body || ' ' })).status).toBe(400);
      expect((await ask(`${url}/keys`)).status).toBe(404);
      expect((await ask(`${url}/decode`, { method: 'PUT' })).status).toBe(405);
    });
    await serving(
      [],
      async (url) => {
        const answer = await ask(`${url}/decode`, { body: sealed });
        expect(answer).toMatchObject({
          status: 422,
          body: { message: expect.stringContaining('encrypted with the key k1') },
        });
      },
      other,
    );
  });

  it('speaks TLS', async () => {
    const front = await startGrpcFront('127.0.0.1:1', {});
    try {
      const { server, serverKey, authority } = front.files;
      const { readFile } = await import('node:fs/promises');
      const ca = await readFile(authority, 'utf8');
      await serving(['--tls-cert', server, '--tls-key', serverKey], async (url) => {
        const answer = await ask(url.replace('127.0.0.1', 'localhost').concat('/encode'), { ca });
        expect(answer.status).toBe(200);
      });
    } finally {
      await front.stop();
    }
  });

  it.each([
    ['off loopback without a token and TLS', ['--listen', '0.0.0.0:0'], {}, /could read every payload/],
    ['without keys', [], { MUSTER_CODEC_KEYS_FILE: undefined }, /no keys to serve/],
    ['for what is no origin', ['--origin', 'everyone'], {}, /is no origin/],
    ['with half a certificate', ['--tls-cert', '/dev/null'], {}, /belong together/],
    ['with a token that is not there', ['--token-file', '/nowhere'], {}, /cannot be read \(ENOENT\)/],
  ])('does not start %s', async (_, options, env, said) => {
    const answer = await capture(['codec', 'serve', ...options], { MUSTER_CODEC_KEYS_FILE: keys, ...env });
    expect(answer).toMatchObject({ code: 2, err: expect.stringMatching(said) });
  });
});

describe('muster codec key', () => {
  it('prints a line that the file of keys takes', async () => {
    const { out } = await capture(['codec', 'key', 'k9'], {});
    expect(out).toMatch(/^k9 [A-Za-z0-9+/]{43}=\n$/);
    await serving([], async (url) => expect((await ask(`${url}/encode`)).status).toBe(200), {
      MUSTER_CODEC_KEYS_FILE: undefined,
      MUSTER_CODEC_KEYS: out,
    });
    expect(await capture(['codec', 'key', 'a b'], {})).toMatchObject({ code: 2 });
  });
});

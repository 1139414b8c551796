/** The functions that every break-glass script begins with, run by bash against real servers. */
import { execFile } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { decode, encode } from 'dns-packet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ObjectStore } from '../../../activities/storage/store.ts';
import { type S3Server, startS3 } from '../storage/versitygw.ts';

const run = promisify(execFile);
const library = fileURLToPath(new URL('../../../activities/runbook/library/', import.meta.url));

let folder: string;
let server: S3Server;
let store: ObjectStore;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-glass-'));
  server = await startS3(['points']);
  store = await server.open('near', 'points');
});
afterAll(async () => {
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** What bash says after the library was read; its stderr is in the error. */
async function bash(lines: string, env: Record<string, string> = {}): Promise<string> {
  const preamble = `set -euo pipefail; shopt -s inherit_errexit; exec 3>&2; state=${folder}; step=test; run=run-1
    for file in talk json dns s3 lease power traffic; do . ${library}$file.sh; done
    location_base[near]=${server.endpoint}/points/ location_region[near]=us-east-1 location_prefix[near]=muster/
    location_id[near]=env:ID location_secret[near]=env:SECRET
    service=spacetime procedure=failover by=ops`;
  const { accessKeyId, secretAccessKey } = server.credentials;
  const { stdout } = await run('bash', ['-c', `${preamble}\n${lines}`], {
    env: { PATH: '/usr/bin:/bin', ID: accessKeyId, SECRET: secretAccessKey, ...env },
  });
  return stdout;
}

describe('JSON without jq', () => {
  it('reads every value with its path', async () => {
    const body = {
      overall_ready: true,
      checks: { database: 'ok', 'a b': null },
      list: [1, { x: -2.5e3 }, [], 'q"\\'],
      empty: {},
    };
    for (const text of [JSON.stringify(body), JSON.stringify(body, null, 2)]) {
      expect((await bash('json_flat "$BODY"', { BODY: text })).split('\n')).toEqual([
        'overall_ready\ttrue',
        'checks.database\t"ok"',
        'checks.a b\tnull',
        'list.0\t1',
        'list.1.x\t-2500',
        'list.3\t"q\\"\\\\"',
        '',
      ]);
    }
  });

  it('fails on what is no JSON, or more than one value', async () => {
    for (const text of ['', 'ok', '{"a":1', '{"a":1}{', '[1,]', '{"a" 1}', '<html>true</html>']) {
      expect(await bash('json_flat "$BODY" >/dev/null || echo refused', { BODY: text })).toBe('refused\n');
    }
  });
});

describe('names without dig', () => {
  it('asks a name server over UDP, and reads what it answers', async () => {
    const socket = createSocket('udp4');
    socket.on('message', (message, from) => {
      const query = decode(message);
      const name = query.questions?.[0]?.name ?? '';
      const cname = { type: 'CNAME', name, data: 'lb.example' } as const;
      const answers =
        name === 'play.example-tenletters.com'
          ? [
              cname,
              ...['10.0.0.2', '10.0.0.1'].map((data) => ({ type: 'A', name: 'lb.example', data, ttl: 1 }) as const),
            ]
          : [];
      socket.send(encode({ type: 'response', id: query.id, questions: query.questions, answers }), from.port);
    });
    await new Promise<void>((done) => socket.bind(0, '127.0.0.1', done));
    const { port } = socket.address();
    try {
      expect(await bash(`dns_ask play.example-tenletters.com 127.0.0.1 ${port} | sort`)).toBe('10.0.0.1\n10.0.0.2\n');
      expect(await bash(`dns_ask nobody.example 127.0.0.1 ${port}`)).toBe('');
    } finally {
      socket.close();
    }
  });
});

describe('objects, signed by bash', () => {
  it('reads and writes what the driver does, by the same URLs', async () => {
    await store.put('a/b c+d=é.txt', Buffer.from('hello'));
    expect(await bash(`ask_store GET near 'a/b c+d=é.txt' ${folder}/got; echo "$status $(<${folder}/got)"`)).toBe(
      '200 hello\n',
    );
    await writeFile(join(folder, 'sent'), 'from bash');
    expect(await bash(`ask_store PUT near new.txt ${folder}/sent 'If-None-Match: *'; echo $status`)).toBe('200\n');
    expect((await store.get('new.txt')).body.toString()).toBe('from bash');
    expect(await bash(`ask_store PUT near new.txt ${folder}/sent 'If-None-Match: *'; echo $status`)).toBe('412\n');
  });

  it('signs with a secret that is longer than a block, and refuses with a wrong one', async () => {
    expect(await bash(`ask_store GET near new.txt ${folder}/got; echo $status`, { SECRET: 'x'.repeat(59) })).toBe(
      '403\n',
    );
  });

  it('says that nobody answers', async () => {
    const away = 'location_base[near]=http://127.0.0.1:9/points/';
    expect(await bash(`${away}; ask_store GET near new.txt ${folder}/got; echo $status`)).toBe('000\n');
  });

  it('never has a secret among the arguments of a process', async () => {
    const text = await readFile(join(library, 's3.sh'), 'utf8');
    expect(text).not.toMatch(/-hmac|-macopt|--user/);
  });
});

describe('the lease, taken by bash', () => {
  const key = 'spacetime/lease.json';
  const lease = (more: object) => ({
    format: 1,
    service: 'spacetime',
    generation: 4,
    run: 'failover-1',
    procedure: 'failover',
    holder: 'dana',
    since: '2026-01-02T03:04:05.000Z',
    until: new Date(Date.now() + 600_000).toISOString(),
    settled: false,
    ...more,
  });
  const put = (value: object) => store.put(key, Buffer.from(JSON.stringify(value)));
  const read = async () => JSON.parse((await store.get(key)).body.toString());

  it('is taken where there is none, found again, renewed and given back', async () => {
    await bash('take_lease 900 near needed; take_lease 900 near needed; assert_lease');
    const taken = await read();
    expect(taken).toMatchObject({ generation: 1, run: 'run-1', holder: 'ops', procedure: 'failover', settled: false });
    expect(Date.parse(taken.until) - Date.parse(taken.since)).toBe(900_000);
    await bash('each_lease renew_one');
    expect(await read()).toMatchObject({ generation: 1, since: taken.since });
    await bash('release_leases');
    expect(await read()).toMatchObject({ generation: 1, released: expect.any(String) });
  });

  it('is refused while somebody holds it, and taken with the next generation when their time is up', async () => {
    await put(lease({}));
    await expect(bash('take_lease 900 near needed')).rejects.toMatchObject({
      stderr: expect.stringContaining('held by run failover-1 (failover, for dana)'),
    });
    await put(lease({ until: '2026-01-02T04:00:00.000Z' }));
    await bash('take_lease 900 near needed');
    expect(await read()).toMatchObject({ generation: 5, run: 'run-1' });
  });

  it('stops a step whose lease somebody else has taken', async () => {
    await put(lease({ generation: 6 }));
    await expect(bash('assert_lease')).rejects.toMatchObject({
      stderr: expect.stringContaining('no longer holds the lease'),
    });
  });

  it('holds up nothing where a location that is not needed does not answer', async () => {
    const away =
      'location_base[far]=http://127.0.0.1:9/points/ location_region[far]=x location_prefix[far]= location_id[far]=env:ID location_secret[far]=env:SECRET';
    expect(await bash(`${away}; take_lease 900 far other; echo on`)).toBe('on\n');
    await expect(bash(`${away}; take_lease 900 far needed`)).rejects.toMatchObject({
      stderr: expect.stringContaining('could not be read'),
    });
  });
});

describe('the switch object, set by bash', () => {
  const words = "near switches/play http://127.0.0.1:9/ 'play is answered by west'";

  it('is put, found there, and deleted again; that nobody sees it from outside is an alarm', async () => {
    await rm(join(folder, 'lease'), { recursive: true, force: true });
    await bash(`switch_object there ${words}`);
    expect((await store.get('switches/play')).body.toString()).toBe('play is answered by west: run-1\n');
    expect(await bash(`exec 3>&1; switch_object there ${words}`)).toMatch(
      /there already[\s\S]*ALARM: without credentials/,
    );
    await bash(`switch_object absent ${words}`);
    expect(await store.head('switches/play')).toBeUndefined();
    await bash(`switch_object there ${words}`);
    expect(await store.head('switches/play')).toBeDefined();
  });
});

it('a site is fenced as far as the worst of its groups is, and never by the word of EC2 where a write must prove it', async () => {
  // The group's own outcome stands where its first filter would.
  const of = async (words: string) =>
    (await bash(`fence() { remember outcome "$step" "$4"; }; fence_site ${words}; recall outcome test`)).trim();
  expect(await of('any r 1 1 fenced / fenced /')).toBe('fenced');
  expect(await of('any r 1 1 fenced / unreachable /')).toBe('unreachable');
  expect(await of('any r 1 1 unreachable / refused / fenced /')).toBe('refused');
  expect(await of('proven r 1 1 fenced /')).toBe('refused');
  expect(await of('any r 1 1')).toBe('refused');
  expect(await of('any r 1 1 @app=10.0.0.1')).toBe('refused');
  expect(await of('any r 1 1 fenced / @app=10.0.0.1 fenced /')).toBe('refused');
});

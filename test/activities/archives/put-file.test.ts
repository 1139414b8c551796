/** How a host puts a part: with the headers of its URL, never older than TLS 1.3, and taking each store's word for "it is there". */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';

const run = promisify(execFile);
const parts = new URL('../../../activities/archives/jobs/parts.sh', import.meta.url).pathname;
/** The library around it, as far as a put needs it. */
const around = `refuse() { echo "refused $1"; exit 3; }; try_again() { echo "later: $1"; exit 75; }; take_spool() { cat "$MUSTER_JOB/spool"; }; token=abc; sleep() { :; }`;

let job: string;
let at: string;
let seen: { method?: string; url?: string; headers: IncomingHttpHeaders }[];
let answers: [number, string][];
const server = createServer((request, response) => {
  seen.push({ method: request.method, url: request.url, headers: request.headers });
  request.resume().on('end', () => {
    const [status, text] = answers.shift() ?? [500, 'no more answers'];
    response.writeHead(status).end(text);
  });
});
beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  at = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(async () => {
  seen = [];
  answers = [];
  job = await mkdtemp(join(tmpdir(), 'muster-job-'));
  await mkdir(join(job, 'work/puts'), { recursive: true });
  return () => rm(job, { recursive: true, force: true });
});

async function shell(script: string): Promise<string> {
  const env = { ...process.env, MUSTER_JOB: job };
  const text = `set -euo pipefail; source "$1"; ${around}; ${script}`;
  return await run('bash', ['-c', text, 'sh', parts], { env }).then(
    ({ stdout }) => stdout.trim(),
    (error: { stdout: string; code: number }) => `${error.stdout.trim()} (${error.code})`,
  );
}

async function put(line: string): Promise<string> {
  await writeFile(join(job, 'spool'), `${line}\n`);
  await writeFile(join(job, 'part'), 'content');
  return await shell('put_file "$MUSTER_JOB/part" 00001.0-abc1 1 0; echo stored');
}

it('sends the headers that came with the URL, from a file that no list of processes shows', async () => {
  answers = [[201, '']];
  expect(await put(`00001.0-abc1 ${at}/o?sig=a&b=c\tx-ms-blob-type: BlockBlob\tIf-None-Match: *`)).toBe('stored');
  expect(seen).toMatchObject([
    { method: 'PUT', url: '/o?sig=a&b=c', headers: { 'x-ms-blob-type': 'BlockBlob', 'if-none-match': '*' } },
  ]);
});

it('sends no condition of its own where the store has another', async () => {
  answers = [[200, '']];
  await put(`00001.0-abc1 ${at}/o\tx-goog-if-generation-match: 0`);
  expect(seen[0]?.headers).toMatchObject({ 'x-goog-if-generation-match': '0' });
  expect(seen[0]?.headers).not.toHaveProperty('if-none-match');
});

it('asks for If-None-Match when the worker says nothing of headers, as older ones do', async () => {
  answers = [[200, '']];
  await put(`00001.0-abc1 ${at}/o`);
  expect(seen[0]?.headers).toMatchObject({ 'if-none-match': '*' });
});

it.each([
  [412, 'PreconditionFailed'],
  [409, '<Code>BlobAlreadyExists</Code>'],
  [403, '<Code>UnauthorizedBlobOverwrite</Code>'],
])('takes %i %s for the object of its own earlier try', async (status, text) => {
  answers = [
    [500, 'the answer was lost'],
    [status, text],
  ];
  expect(await put(`00001.0-abc1 ${at}/o`)).toBe('stored');
  expect(seen).toHaveLength(2);
});

it('tries again when the store saw two puts at one moment, and believes nothing of that', async () => {
  answers = [
    [500, ''],
    [409, '<Code>ConditionalRequestConflict</Code>'],
    [200, ''],
  ];
  expect(await put(`00001.0-abc1 ${at}/o`)).toBe('stored');
  expect(seen).toHaveLength(3);
});

it.each([
  [507, 'StoreFull'],
  [404, 'BucketMissing'],
])('ends at once with %i, which is %s', async (status, type) => {
  answers = [[status, 'why']];
  expect(await put(`00001.0-abc1 ${at}/o`)).toBe(`refused ${type} (3)`);
});

it('lets curl speak nothing older than TLS 1.3 over https, for puts and for gets', async () => {
  await writeFile(join(job, 'spool'), 'one https://a.example/o\tX: 1\ntwo http://127.0.0.1/o\tX: 1\n');
  await shell('keep_urls any');
  expect(await readFile(join(job, 'work/puts/one'), 'utf8')).toBe(
    'url = "https://a.example/o"\ntlsv1.3\nheader = "X: 1"\n',
  );
  expect(await readFile(join(job, 'work/puts/two'), 'utf8')).toBe('url = "http://127.0.0.1/o"\nheader = "X: 1"\n');
  expect(await shell('curl_config https://a.example/o; echo "$config"')).toBe('url = "https://a.example/o"\ntlsv1.3');
  expect(await shell('curl_config http://127.0.0.1/o; echo "$config"')).toBe('url = "http://127.0.0.1/o"');
});

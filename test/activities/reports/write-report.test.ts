import { execFile } from 'node:child_process';
import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { reportRun } from '../../../activities/reports/write-report.ts';
import { openS3Store } from '../../../activities/storage/s3.ts';
import { layout } from '../../../domain/points/recovery-point.ts';
import { reportSchema } from '../../../domain/report/report.ts';
import { aPlaybook, aStatus } from '../../domain/run/a-run.ts';
import { type S3Server, startS3 } from '../storage/versitygw.ts';

let s3: S3Server;
let silent: Server;
let folder: string;
const keys = generateKeyPairSync('ed25519');
const run = promisify(execFile);

beforeAll(async () => {
  s3 = await startS3();
  folder = await mkdtemp(join(tmpdir(), 'muster-reports-'));
  // A location in a lost region: connections are accepted and never answered.
  silent = createServer(() => {}).listen(0, '127.0.0.1');
  await new Promise((resolve) => silent.once('listening', resolve));
});
afterAll(async () => {
  silent.close();
  await s3.stop();
  await rm(folder, { recursive: true, force: true });
});

test('a report lies in every location that answers and in the folder; one that hangs is named and costs its limit', async () => {
  const { port } = silent.address() as { port: number };
  const lost = { ...s3.location('points'), endpoint: `http://127.0.0.1:${port}` };
  const started = performance.now();
  const { report, written, missed } = await reportRun(
    { status: aStatus({ phase: 'done' }), playbook: aPlaybook() },
    {
      locations: ['west', 'east'],
      store: (name) => (name === 'west' ? s3.open('west', 'points') : openS3Store('east', lost, s3.credentials)),
      folder,
      patience: 1_500,
      signer: async () => ({ fingerprint: 'x', sign: (bytes) => sign(null, bytes, keys.privateKey) }),
    },
  );
  expect(performance.now() - started).toBeLessThan(10_000);
  expect(missed).toEqual([expect.stringMatching(/^east: /)]);
  expect(written).toHaveLength(10);

  const store = await s3.open('west', 'points');
  const json = await store.get(layout.report('spacetime', 'r-1', 'report.json'));
  expect(reportSchema.parse(JSON.parse(json.body.toString()))).toEqual(JSON.parse(JSON.stringify(report)));
  const markdown = await readFile(join(folder, 'spacetime', 'r-1', 'report.md'), 'utf8');
  expect(markdown).toContain('# spacetime: FAILOVER us-east-1 -> us-west-2');
});

test('what lies beside a report proves all of it, with the tools that the page names; a changed page is no proof', async () => {
  const place = join(folder, 'spacetime', 'r-1');
  await writeFile(join(place, 'signer.pub'), keys.publicKey.export({ type: 'spki', format: 'pem' }));
  const words = ['-verify', '-pubin', '-inkey', 'signer.pub', '-rawin', '-in', 'report.sha256', '-sigfile'];
  const check = () => run('sha256sum', ['-c', 'report.sha256'], { cwd: place });
  const verify = () => run('openssl', ['pkeyutl', ...words, 'report.sha256.sig'], { cwd: place });
  expect((await check()).stdout).toBe('report.json: OK\nreport.md: OK\nreport.html: OK\n');
  expect((await verify()).stdout).toContain('Signature Verified Successfully');
  const html = await readFile(join(place, 'report.html'), 'utf8');
  await writeFile(join(place, 'report.html'), html.replace('FAILOVER', 'FALLOVER'));
  await expect(check()).rejects.toMatchObject({ stdout: expect.stringContaining('report.html: FAILED') });
});

test('without the signing key a report is left all the same, and that it is not signed is said', async () => {
  const { written, missed } = await reportRun(
    { status: aStatus({ phase: 'done', run: 'r-2' }) },
    {
      locations: [],
      folder,
      store: () => Promise.reject(new Error('none')),
      signer: () => Promise.reject(new Error('no key')),
    },
  );
  expect(missed).toEqual(['signature: no key']);
  expect(written.map((path) => path.split('/').at(-1))).toEqual([
    'report.json',
    'report.md',
    'report.html',
    'report.sha256',
  ]);
});

test('the marks of the restored point stand in its report; where none can be read, that is said', async () => {
  const proof = [
    { state: 'proven', at: '2026-01-02T02:50:00.000Z', run: 'r', locations: ['west'], how: 'restored' },
  ] as const;
  const deps = { locations: [], store: () => Promise.reject(new Error('none')) };
  const call = { status: aStatus({ phase: 'done' }) };
  expect(
    (
      await reportRun(call, {
        ...deps,
        prove: async () => [...proof].map((row) => ({ ...row, locations: [...row.locations] })),
      })
    ).report.proof,
  ).toEqual(proof);
  const without = await reportRun(call, { ...deps, prove: () => Promise.reject(new Error('silent')) });
  expect(without.missed).toEqual(['marks: silent']);
  expect(without.report.proof).toBeUndefined();
});

test('an observer that cannot be asked is named, and the report says "not observed"', async () => {
  const { report, missed } = await reportRun(
    { status: aStatus({ phase: 'done' }) },
    {
      locations: [],
      store: () => Promise.reject(new Error('none')),
      observe: () => Promise.reject(new Error('connection refused')),
    },
  );
  expect(missed).toEqual(['observer: connection refused']);
  expect(report.rto.verdict).toBe('not observed');
});

test('a run that was refused before it had a playbook leaves a report that says why', async () => {
  const refused = { type: 'HostNotFound', message: 'No host has these tags. Try: others' };
  const status = aStatus({ run: 'r-2', procedure: 'backup', phase: 'failed', playbook: undefined, point: undefined });
  const { missed } = await reportRun(
    { status, refused },
    { locations: ['west'], store: () => s3.open('west', 'points') },
  );
  expect(missed).toEqual([]);
  const { body } = await (await s3.open('west', 'points')).get(layout.report('spacetime', 'r-2', 'report.json'));
  expect(reportSchema.parse(JSON.parse(body.toString()))).toMatchObject({ result: 'failed', refused });
});

/** A worker serves what its address and its disks allow, over TLS 1.3, and another takes over when it ends. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { loadPlan } from '../../../activities/plans/load-plan.ts';
import { resolveSecret } from '../../../activities/secrets/resolve.ts';
import { openStore } from '../../../activities/storage/open-store.ts';
import { type Serving, serveLocations } from '../../../activities/storage/serve-locations.ts';
import type { ObjectStore } from '../../../activities/storage/store.ts';
import { plansFolder } from '../../support/plan.ts';
import { freePort } from './versitygw.ts';

const run = promisify(execFile);
let folder: string;
let said: string[];
const servings: Serving[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-serve-'));
  said = [];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const files = ['-keyout', join(folder, 'tls.key'), '-out', join(folder, 'tls.crt')];
  await run('openssl', [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    ...files,
    ...subject,
  ]);
  await writeFile(join(folder, 'url.secret'), 'f00d'.repeat(16));
});
afterEach(async () => {
  await Promise.all(servings.splice(0).map((each) => each.close()));
  await rm(folder, { recursive: true, force: true });
});

async function planWith(listen: string): Promise<void> {
  const plan = parse(await readFile(join(plansFolder, 'spacetime.yaml'), 'utf8'));
  plan.storage.office = {
    driver: 'local',
    region: 'office',
    folder: join(folder, 'disk'),
    served: {
      url: `https://127.0.0.1:${listen.split(':')[1]}`,
      listen,
      certificate: { file: 'tls.crt' },
      key: { file: 'tls.key' },
      secret: { file: 'url.secret' },
    },
  };
  await writeFile(join(folder, 'spacetime.yaml'), stringify(plan));
}

async function worker(): Promise<Serving> {
  const serving = await serveLocations({
    plans: { folder, overlays: [] },
    secret: (ref) => resolveSecret(ref, folder),
    say: (text) => said.push(text),
    again: 20,
  });
  servings.push(serving);
  return serving;
}

async function office(): Promise<ObjectStore> {
  const { plan } = await loadPlan(folder, 'spacetime');
  return await openStore(plan, 'office', (ref) => resolveSecret(ref, folder));
}

async function curl(...args: string[]): Promise<string> {
  const all = ['-sS', '--cacert', join(folder, 'tls.crt'), ...args];
  return await run('curl', all).then(
    ({ stdout }) => stdout,
    (error: { code: number }) => `exit ${error.code}`,
  );
}

it('serves over TLS 1.3 and nothing older', async () => {
  await planWith(`127.0.0.1:${await freePort()}`);
  await mkdir(join(folder, 'disk'));
  await worker();
  const store = await office();
  await store.put('points/x', Buffer.from('content'));
  const url = await store.presignGet('points/x', 60);
  expect(await curl('--tlsv1.3', url)).toBe('content');
  // 35: the handshake failed.
  expect(await curl('--tls-max', '1.2', url)).toBe('exit 35');
});

it('waits for its folder, and serves as soon as it is there', async () => {
  await planWith(`127.0.0.1:${await freePort()}`);
  await worker();
  expect(said.join()).toMatch(/office not served .* there is no folder/);
  await mkdir(join(folder, 'disk'));
  await expect.poll(() => said.join(), { timeout: 10_000 }).toMatch(/serving office at/);
});

it('leaves an address that is not of this machine to the worker that has it', async () => {
  await planWith('192.0.2.7:8443');
  await mkdir(join(folder, 'disk'));
  await worker();
  expect(said).toEqual(['office not served at 192.0.2.7:8443 by this worker: EADDRNOTAVAIL']);
});

it('takes over when the worker that served it ends', async () => {
  await planWith(`127.0.0.1:${await freePort()}`);
  await mkdir(join(folder, 'disk'));
  const first = await worker();
  await worker();
  expect(said.join()).toMatch(/EADDRINUSE/);
  const store = await office();
  await store.put('k', Buffer.from('content'));
  await first.close();
  await expect.poll(async () => curl(await store.presignGet('k', 60)), { timeout: 10_000 }).toBe('content');
});

it('sweeps what writers that were killed left a day ago, and nothing newer', async () => {
  await planWith(`127.0.0.1:${await freePort()}`);
  const incoming = join(folder, 'disk/muster/.incoming');
  await mkdir(incoming, { recursive: true });
  const yesterday = new Date(Date.now() - 90_000_000);
  for (const name of ['old', 'new']) await writeFile(join(incoming, name), 'half of a part');
  await utimes(join(incoming, 'old'), yesterday, yesterday);
  await worker();
  expect(await readdir(incoming)).toEqual(['new']);
});

/** `muster keys` against real stores: what it says of good keys and of bad ones. */
import { copyFile, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { generateKeySet } from '../../activities/points/keys.ts';
import { runCli } from '../../scripts/run-cli.ts';
import { makeNastyTree } from '../activities/points/nasty-tree.ts';
import { filesComponent, makeWorld, type World } from '../activities/points/world.ts';
import { plansFolder } from '../support/plan.ts';

let world: World;
let plans: string;
let point: string;
const env = { KEYS_TEST_ID: '', KEYS_TEST_SECRET: '' };

beforeAll(async () => {
  world = await makeWorld([filesComponent('tree', ['/srv/app'])]);
  const source = await world.host('app');
  await makeNastyTree(join(source.srv, 'app'));
  ({ point } = await world.backup(source));
  await world.restore({ id: point, sha256: (await found()).sha256 }, await world.host('target'));
  env.KEYS_TEST_ID = world.near.credentials.accessKeyId;
  env.KEYS_TEST_SECRET = world.near.credentials.secretAccessKey;
  Object.assign(process.env, env);
  plans = await mkdtemp(join(tmpdir(), 'muster-plans-'));
  await copyFile(join(plansFolder, 'spacetime.yaml'), join(plans, 'spacetime.yaml'));
  await overlay('here', world.keys, ['near', 'far']);
}, 60_000);
afterAll(async () => {
  await world?.end();
  if (plans) await rm(plans, { recursive: true, force: true });
  for (const name of Object.keys(env)) delete process.env[name];
});

async function found() {
  const { readManifestAt } = await import('../../activities/points/read-manifest.ts');
  return await readManifestAt(world.stores.near as never, 'spacetime', point, await world.signers());
}

/** The plan of the repository, with these keys and the stores of this test. */
async function overlay(name: string, keys: string, [near, far]: [string, string] | string[]): Promise<void> {
  const site = (own: string) => ({
    certificate: { file: join(keys, `${own}.crt`) },
    key: { file: join(keys, `${own}.key`) },
  });
  const location = (server: World['near'], bucket?: string) => ({
    bucket,
    endpoint: server.endpoint,
    accessKeyId: { env: 'KEYS_TEST_ID' },
    secretAccessKey: { env: 'KEYS_TEST_SECRET' },
    prefix: 'muster',
    region: 'us-east-1',
  });
  await mkdir(join(plans, 'overlays', name), { recursive: true });
  await writeFile(
    join(plans, 'overlays', name, 'spacetime.yaml'),
    stringify({
      sites: { 'us-east-1': site('east'), 'us-west-2': site('west') },
      storage: { 'company-backups': location(world.near, near), 'company-backups-dr': location(world.far, far) },
      offline: { certificate: { file: join(keys, 'offline.crt') } },
      signer: { key: { file: join(world.keys, 'signer.key') }, pinned: [{ file: join(world.keys, 'signer.pub') }] },
    }),
  );
}

async function muster(...words: string[]): Promise<{ code: number; out: string }> {
  let out = '';
  const stdout = new Writable({
    write(chunk, _, done) {
      out += chunk;
      done();
    },
  });
  const code = await runCli(['--plans', plans, ...words], { stdout, stderr: stdout, env: {} });
  return { code, out };
}

test('good keys are good, and the private keys that are here are found to fit', async () => {
  const { code, out } = await muster('--overlay', 'here', 'keys', 'check', 'spacetime', '--json');
  expect(code, out).toBe(0);
  const seen = JSON.parse(out);
  expect(seen).toMatchObject({ points: 1, wrong: [], due: [], refused: [], unreachable: [] });
  expect(seen.recipients.map((each: { privateKey: string }) => each.privateKey)).toEqual([
    'matches',
    'matches',
    'not here',
  ]);
  expect(seen.signers.here.state).toBe('pinned');
  expect((await muster('--overlay', 'here', 'keys', 'check', 'spacetime')).out).toContain('Nothing is wrong');
});

test('points that are not sealed to the plan, and a private key that is another one, are wrong', async () => {
  const others = join(plans, 'other-keys');
  await generateKeySet(others, ['east', 'west']);
  await copyFile(join(world.keys, 'east.crt'), join(others, 'east.crt'));
  await overlay('changed', others, ['near', 'far']);
  const { code, out } = await muster('--overlay', 'changed', 'keys', 'check', 'spacetime');
  expect(code).toBe(2);
  expect(out).toMatch(
    new RegExp(`WRONG ${point} at company-backups: not sealed to us-west-2, offline of the plan; sealed to west `),
  );
  expect(out).toContain('WRONG us-east-1: the private key here is not that of ');
  const { out: list } = await muster('--overlay', 'changed', 'keys', 'list', 'spacetime');
  expect(list).toMatch(new RegExp(`${point}\\s+company-backups\\s+yes\\s+NO\\s+NO\\s+west `));
  await rm(join(plans, 'overlays', 'changed'), { recursive: true });
});

test('environments whose points lie apart must not share keys', async () => {
  await overlay('staging', world.keys, ['staging', 'staging-dr']);
  const { code, out } = await muster('--overlay', 'here', 'keys', 'check', 'spacetime');
  expect(code).toBe(2);
  expect(out).toContain('overlay here and overlay staging are apart and share the key of site us-east-1.');
  expect(out).toContain('share the key of signer ');
  await rm(join(plans, 'overlays', 'staging'), { recursive: true });
});

test('the uses of private keys are listed with what they were for', async () => {
  const { code, out } = await muster('--overlay', 'here', 'keys', 'uses', 'spacetime');
  expect(code).toBe(0);
  expect(out).toMatch(new RegExp(`restore\\s+${point}\\s+key of west\\s+sent to target`));
  expect(out).not.toContain('NOT SIGNED');
  expect(out).toContain('company-backups-dr');
});

test('the key card has what a restore by hand needs, and no private key unless its file is given', async () => {
  const { code, out } = await muster('--overlay', 'here', 'keys', 'card', 'spacetime');
  expect(code).toBe(0);
  expect(out).toContain((await readFile(join(world.keys, 'signer.pub'), 'utf8')).split('\n')[1]);
  expect(out).toContain(`aws --endpoint-url ${world.near.endpoint} s3 ls s3://near/muster/spacetime/points/`);
  expect(out).toContain(
    `bash spacetime/points/ID/restore.sh --from s3://near/muster --endpoint ${world.near.endpoint} --signer`,
  );
  expect(out).toMatch(/offline {2}[0-9a-f]{64} {2}until/);
  expect(out).not.toContain('PRIVATE KEY');
  const html = await muster('--overlay', 'here', 'keys', 'card', 'spacetime', '--format', 'html');
  expect(html.out).toMatch(/^<!doctype html>/);
  expect(html.out).not.toMatch(/PRIVATE KEY|src=|href=/);
  const asked = await muster(
    '--overlay',
    'here',
    'keys',
    'card',
    'spacetime',
    '--private-key',
    join(world.keys, 'offline.key'),
  );
  expect(asked.out).toContain(
    await readFile(join(world.keys, 'offline.key'), 'utf8').then((text) => text.split('\n')[1]),
  );
});

test('keys are made with mode 600, and never over others', async () => {
  const folder = join(plans, 'made');
  const made = await muster('keys', 'make', folder, '--site', 'us-east-1', '--offline', '--days', '400');
  expect(made.code, made.out).toBe(0);
  expect((await stat(join(folder, 'us-east-1.key'))).mode & 0o777).toBe(0o600);
  expect(made.out).not.toContain('PRIVATE');
  const again = await muster('keys', 'make', folder, '--offline');
  expect(again).toMatchObject({ code: 2, out: expect.stringContaining('has one of these keys already') });
  expect((await muster('keys', 'make', folder)).code).toBe(2);
});

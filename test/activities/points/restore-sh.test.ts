/** The day Muster is gone: restore.sh and the offline key alone bring files and database back. */
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generateKeySet } from '../../../activities/points/keys.ts';
import { layout } from '../../../domain/points/recovery-point.ts';
import { startPostgres, type TestPostgres } from '../databases/postgres.ts';
import { describeTree, makeNastyTree } from './nasty-tree.ts';
import { filesComponent, makeWorld, type TestHost, type World } from './world.ts';

const run = promisify(execFile);

let world: World;
let source: TestHost;
let postgres: TestPostgres;
let before: string;
let id: string;
/** What a person has: the store's folder as downloaded, and the keys of the key card. */
let download: string;
let card: string;

beforeAll(async () => {
  postgres = await startPostgres();
  world = await makeWorld([
    filesComponent('tree', ['/srv/app/production']),
    {
      name: 'database',
      driver: 'postgresql',
      host: 'app',
      rank: 1,
      database: 'shop',
      owner: 'postgres',
      systemUser: 'postgres',
      jobs: 2,
      port: postgres.port,
      checks: [],
    },
  ]);
  source = await world.host('app');
  await makeNastyTree(join(source.srv, 'app/production'));
  before = await describeTree(join(source.srv, 'app/production'));
  await postgres.sql('postgres', 'CREATE DATABASE shop');
  await postgres.sql(
    'shop',
    "CREATE TABLE t AS SELECT i, md5(i::text) m FROM generate_series(1, 5000) i; COMMENT ON TABLE t IS 'ü'",
  );
  id = (await world.backup(source)).point;
  download = await mkdtemp(join(tmpdir(), 'muster-download-'));
  await cp(join(world.far.data, 'far/muster'), download, { recursive: true });
  card = await mkdtemp(join(tmpdir(), 'muster-card-'));
  for (const name of ['offline.key', 'signer.pub']) await cp(join(world.keys, name), join(card, name));
}, 120_000);
afterAll(async () => {
  await Promise.all([postgres?.stop(), world?.end()]);
  for (const folder of [download, card]) if (folder) await rm(folder, { recursive: true, force: true });
});

async function restoreSh(folder: string, ...options: string[]): Promise<{ code: number; said: string }> {
  const script = join(folder, layout.restoreSh('spacetime', id));
  const base = ['--signer', join(card, 'signer.pub')];
  // A bare environment: nothing of Muster, no variables, no node.
  const environment = { PATH: '/usr/lib/postgresql/15/bin:/usr/bin:/bin' };
  try {
    const { stdout, stderr } = await run('bash', [script, ...base, ...options], { env: environment, cwd: '/' });
    return { code: 0, said: stdout + stderr };
  } catch (error) {
    const { code, stderr } = error as { code: number; stderr: string };
    return { code, said: stderr };
  }
}

const withKey = () => ['--key', join(card, 'offline.key')];

describe('restore.sh', () => {
  it('is signed, and the commands of RESTORE.md verify it', async () => {
    const script = join(download, layout.restoreSh('spacetime', id));
    const md = await readFile(join(download, layout.restoreMd('spacetime', id)), 'utf8');
    expect(md).toContain(
      'openssl pkeyutl -verify -pubin -inkey signer.pub -rawin -in restore.sh -sigfile restore.sh.sig',
    );
    const args = ['pkeyutl', '-verify', '-pubin', '-inkey', join(card, 'signer.pub'), '-rawin', '-in', script];
    expect((await run('openssl', [...args, '-sigfile', `${script}.sig`])).stdout).toContain('Verified Successfully');
    await run('shellcheck', ['-s', 'bash', '-e', 'SC2015', script]);
  });

  it('restores files and database identically from a downloaded folder with the offline key alone', async () => {
    const target = await mkdtemp(join(tmpdir(), 'muster-by-hand-'));
    const { code, said } = await restoreSh(download, ...withKey(), '--target', target);
    expect(said).toContain('signature good');
    expect(code).toBe(0);
    expect(await describeTree(join(target, 'srv/app/production'))).toBe(before);
    // As step 4 of RESTORE.md.
    const load = [
      `cd / && runuser -u postgres -- createdb -p ${postgres.port} --template=template0 by_hand`,
      `runuser -u postgres -- pg_restore --exit-on-error -p ${postgres.port} -d by_hand < "$1/database.dump"`,
    ].join(' && ');
    await run('bash', ['-c', load, 'sh', target]);
    const digest = "SELECT md5(string_agg(t::text, ',' ORDER BY i)) || obj_description('t'::regclass) FROM t";
    expect(await postgres.sql('by_hand', digest)).toBe(await postgres.sql('shop', digest));
    await rm(target, { recursive: true, force: true });
  });

  it('checks every hash without any private key', async () => {
    const { code, said } = await restoreSh(download, '--verify-only');
    expect(said).toContain('Everything verified');
    expect(code).toBe(0);
  });

  it('finds the key of the point missing or changed without any private key', async () => {
    const copy = await mkdtemp(join(tmpdir(), 'muster-keyless-'));
    await cp(download, copy, { recursive: true });
    await writeFile(join(copy, layout.sealedKey('spacetime', id, 1)), 'x');
    expect(await restoreSh(copy, '--verify-only')).toMatchObject({
      code: 1,
      said: expect.stringContaining('key-1.cms'),
    });
    await rm(copy, { recursive: true, force: true });
  });

  it('refuses a component that is not there beside one that is, and an option without its value', async () => {
    const typo = await restoreSh(download, '--verify-only', '--component', 'tree', '--component', 'tre');
    expect(typo).toMatchObject({ code: 1, said: expect.stringContaining('no component tre ') });
    expect(await restoreSh(download, '--target')).toMatchObject({ code: 64, said: expect.stringContaining('usage:') });
  });

  it('gives the files to whoever restores when that is not root', async () => {
    const script = join(download, layout.restoreSh('spacetime', id));
    const target = await mkdtemp(join(tmpdir(), 'muster-by-hand-'));
    const everyone = `chmod -R a+rX "$1" "$2"; chmod 777 "$3"; exec setpriv --reuid=nobody --regid=nogroup --clear-groups \
      bash "$4" --signer "$2/signer.pub" --key "$2/offline.key" --component tree --target "$3"`;
    await run('bash', ['-c', everyone, 'sh', download, card, target, script]);
    const { stdout } = await run('stat', ['-c', '%U', join(target, 'srv/app/production/plain/1.txt')]);
    expect(stdout).toBe('nobody\n');
    await rm(target, { recursive: true, force: true });
  });

  it('refuses a signer it was not told of, a wrong key, a changed script and a changed part', async () => {
    const others = join(card, 'others');
    await generateKeySet(others, []);
    const target = await mkdtemp(join(tmpdir(), 'muster-by-hand-'));
    const go = ['--target', target];
    const stranger = await restoreSh(download, ...withKey(), ...go, '--signer', join(others, 'signer.pub'));
    expect(stranger).toMatchObject({ code: 1, said: expect.stringContaining('not signed by the key you gave') });
    const wrongKey = await restoreSh(download, ...go, '--key', join(others, 'offline.key'));
    expect(wrongKey).toMatchObject({ code: 1, said: expect.stringContaining('does not open the recovery point') });

    const copy = await mkdtemp(join(tmpdir(), 'muster-changed-'));
    await cp(download, copy, { recursive: true });
    const parts = (await run('find', [join(copy, 'spacetime/archives', id, 'tree'), '-type', 'f'])).stdout
      .trim()
      .split('\n');
    const bytes = await readFile(parts[0] as string);
    bytes.writeUInt8(bytes.readUInt8(100) ^ 1, 100);
    await writeFile(parts[0] as string, bytes);
    const damaged = await restoreSh(copy, ...withKey(), ...go);
    expect(damaged).toMatchObject({ code: 1, said: expect.stringContaining('was changed or is damaged') });
    const healed = await restoreSh(copy, ...withKey(), ...go, '--from', download);
    expect(healed.code).toBe(0);

    const script = join(copy, layout.restoreSh('spacetime', id));
    await writeFile(script, (await readFile(script, 'utf8')).replace('# point', '#  point'));
    const changed = await restoreSh(copy, ...withKey(), ...go);
    expect(changed).toMatchObject({ code: 1, said: expect.stringContaining('was changed since') });
    for (const folder of [copy, target]) await rm(folder, { recursive: true, force: true });
  });
});

/** A plan may ask for an approval before restore.sh opens anything: signed, of this point, with a reason, and fresh. */
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { encryptionSchema } from '../../../domain/plan/encryption.ts';
import { layout } from '../../../domain/points/recovery-point.ts';
import { describeTree, makeNastyTree } from './nasty-tree.ts';
import { filesComponent, makeWorld, type World } from './world.ts';

const run = promisify(execFile);
const service = 'spacetime';
const id = '20260102_031500';

let world: World;
let tree: string;
let folder: string;
let download: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-approval-'));
  for (const name of ['dana', 'mallory'])
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', join(folder, name)]);
  const [kind, base64] = (await readFile(join(folder, 'dana.pub'), 'utf8')).split(' ');
  world = await makeWorld([filesComponent('tree', ['/srv/app'])]);
  world.plan.encryption = encryptionSchema.parse({
    byHand: { approval: 'required', approvers: [{ name: 'dana@example.com', key: `${kind} ${base64}` }], within: '2h' },
  });
  const source = await world.host('app');
  await makeNastyTree(join(source.srv, 'app'));
  tree = await describeTree(join(source.srv, 'app'));
  await world.backup(source, id);
  download = join(folder, 'download');
  await cp(join(world.far.data, 'far/muster'), download, { recursive: true });
}, 60_000);
afterAll(async () => {
  await world?.end();
  if (folder) await rm(folder, { recursive: true, force: true });
});

async function restore(...options: string[]): Promise<string> {
  const target = await mkdtemp(join(folder, 'target-'));
  const card = ['--signer', join(world.keys, 'signer.pub'), '--key', join(world.keys, 'offline.key')];
  const script = join(download, layout.restoreSh(service, id));
  try {
    const { stderr } = await run('bash', [script, ...card, '--target', target, ...options], {
      env: { PATH: '/usr/bin:/bin' },
      cwd: '/',
    });
    if (options.includes('--verify-only')) return stderr;
    expect(await describeTree(join(target, 'srv/app'))).toBe(tree);
    return stderr;
  } catch (error) {
    if (!(error as { stderr?: string }).stderr) throw error;
    expect((await run('ls', ['-A', target])).stdout).toBe('');
    return (error as { stderr: string }).stderr;
  }
}

let count = 0;
async function approval(by: string, parts: { point?: string; at?: Date; reason?: string; namespace?: string } = {}) {
  const { point = id, at = new Date(), reason = 'the east is gone', namespace = 'muster-by-hand' } = parts;
  const file = join(folder, `approval-${count++}`);
  const time = `${at.toISOString().slice(0, 19)}Z`;
  await writeFile(
    file,
    `restore by hand\nservice: ${service}\npoint: ${point}\nat: ${time}\n${reason ? `reason: ${reason}\n` : ''}`,
  );
  await run('ssh-keygen', ['-q', '-Y', 'sign', '-n', namespace, '-f', join(folder, by), file]);
  return file;
}

test('nothing is opened without an approval, and everything is checked without one', async () => {
  const refused = await restore();
  expect(refused).toContain('a restore of this point needs an approval by dana@example.com.');
  expect(refused).toContain('ssh-keygen -Y sign -n muster-by-hand');
  expect(await restore('--verify-only')).toContain('Everything verified');
  const md = await readFile(join(download, layout.restoreMd(service, id)), 'utf8');
  expect(md).toContain('The plan asks for an approval by dana@example.com, not older than 2h');
});

test('an approval by an approver of the plan opens it, and the command that is printed makes a good one', async () => {
  expect(await restore('--approval', await approval('dana'))).toContain(
    'Approved by dana@example.com: the east is gone',
  );
  const printed = /^Try: (.*>approval; )/m.exec(await restore())?.[1] as string;
  await run('bash', [
    '-c',
    `cd "$1" && ${printed} ssh-keygen -q -Y sign -n muster-by-hand -f dana approval`,
    'sh',
    folder,
  ]);
  expect(await restore('--approval', join(folder, 'approval'))).toContain('Approved by dana@example.com: WHY');
});

test('any other approval is refused', async () => {
  const hours = (n: number) => new Date(Date.now() + n * 3_600_000);
  const notSigned = 'was not signed by an approver of the plan, or was changed since';
  expect(await restore('--approval', await approval('mallory'))).toContain(notSigned);
  expect(await restore('--approval', await approval('dana', { namespace: 'git' }))).toContain(notSigned);
  const changed = await approval('dana', { point: '20260101_000000' });
  expect(await restore('--approval', changed)).toContain('for another recovery point');
  await writeFile(changed, (await readFile(changed, 'utf8')).replace('20260101_000000', id));
  expect(await restore('--approval', changed)).toContain(notSigned);
  expect(await restore('--approval', await approval('dana', { at: hours(-3) }))).toContain('not of the last 2 hours');
  expect(await restore('--approval', await approval('dana', { at: hours(1) }))).toContain('not of the last 2 hours');
  expect(await restore('--approval', await approval('dana', { reason: '' }))).toContain('gives no reason');
  const bare = await approval('dana');
  await rm(`${bare}.sig`);
  expect(await restore('--approval', bare)).toContain('are not both there');
});

test('a plan that asks for approvals and names no approver is refused', () => {
  expect(encryptionSchema.safeParse({ byHand: { approval: 'required' } }).error?.message).toContain(
    'nobody could approve',
  );
});

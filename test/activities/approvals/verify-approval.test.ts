/** Real keys, real ssh-keygen: what each kind of wrong signature is called. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { verifyApproval } from '../../../activities/approvals/verify-approval.ts';
import type { Approval } from '../../../domain/run/run.ts';
import { signed } from '../../../scripts/cli/sign.ts';

const run = promisify(execFile);
const io = { stdout: process.stdout, stderr: process.stderr, env: {} };
const at = '2026-11-22T03:00:00.000Z';
const approval: Approval = {
  by: 'dana@example.com',
  decision: 'go',
  playbook: 'a'.repeat(64),
  accept: ['point-older-than-rpo'],
  reason: 'the region is gone \u2603',
  run: 'failover-1',
  service: 'spacetime',
  procedure: 'failover',
  at,
  until: '2026-11-22T03:15:00.000Z',
};
let folder: string;
let signers: string;
const key = (name: string) => join(folder, name);
const verify = (given: Approval, allowed = signers) => verifyApproval({ decision: given, signers: allowed, at });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-signers-'));
  const line = async (name: string, type: string, options = '') => {
    await run('ssh-keygen', ['-q', '-t', type, '-N', '', '-C', name, '-f', key(name)]);
    const [kind, base64] = (await readFile(key(`${name}.pub`), 'utf8')).split(' ');
    return `${name}@example.com ${options}${kind} ${base64}\n`;
  };
  const lines = [
    await line('dana', 'ed25519', 'namespaces="muster-approval" '),
    await line('erin', 'ecdsa'),
    await line('former', 'ed25519', 'valid-before="20260101" '),
  ];
  await line('mallory', 'ed25519');
  signers = lines.join('');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('a signature of the person whom it names is good, whatever the order of the fields, and says which key it was', async () => {
  const given = await signed(approval, key('dana'), io);
  const finding = await verify(given);
  expect(finding).toEqual({ state: 'good', key: expect.stringMatching(/^SHA256:/) });
  const turned = Object.fromEntries(Object.entries(given).reverse()) as unknown as Approval;
  expect(await verify(turned)).toEqual(finding);
  expect(await verify({ ...given, signature: given.signature?.replaceAll('\n', ' ') })).toEqual(finding);
  const other = { ...approval, by: 'erin@example.com' };
  expect(await verify(await signed(other, key('erin'), io))).toMatchObject({ state: 'good' });
});

test('whatever is changed after the signing is noticed', async () => {
  const given = await signed(approval, key('dana'), io);
  const changes: Partial<Approval>[] = [
    { decision: 'no-go' },
    { playbook: 'b'.repeat(64) },
    { accept: [] },
    { accept: ['point-older-than-rpo', 'old-primary-not-fenced'] },
    { reason: 'another' },
    { run: 'failover-2' },
    { service: 'arcade' },
    { procedure: 'restore' },
    { until: '2026-11-22T09:00:00.000Z' },
    { emergency: true },
    { by: 'erin@example.com' },
  ];
  for (const change of changes) {
    expect(await verify({ ...given, ...change })).toMatchObject({
      state: 'bad',
      why: expect.stringContaining('does not fit'),
    });
  }
  expect(await verify({ ...given, signature: 'nonsense' })).toMatchObject({ state: 'bad' });
});

test('a key of somebody else is named for what it is', async () => {
  const borrowed = await signed(approval, key('erin'), io);
  expect(await verify(borrowed)).toEqual({
    state: 'bad',
    why: 'it is signed by erin@example.com, and says that dana@example.com decided',
  });
  for (const stranger of ['mallory', 'former']) {
    const given = await signed({ ...approval, by: `${stranger}@example.com` }, key(stranger), io);
    expect(await verify(given)).toMatchObject({
      state: 'bad',
      why: expect.stringMatching(/^it is signed by SHA256:.*do not have/),
    });
  }
});

test('a signature for another purpose is none for this one', async () => {
  const { signedBytes } = await import('../../../activities/approvals/signed-bytes.ts');
  const file = join(folder, 'text');
  await (await import('node:fs/promises')).writeFile(file, signedBytes(approval));
  await run('ssh-keygen', ['-Y', 'sign', '-f', key('dana'), '-n', 'git', file]);
  const signature = await readFile(`${file}.sig`, 'utf8');
  expect(await verify({ ...approval, signature })).toMatchObject({
    state: 'bad',
    why: expect.stringContaining('something else'),
  });
});

test('is verified by hand with jq and ssh-keygen alone, as docs/approvals.md says', async () => {
  const { writeFile } = await import('node:fs/promises');
  await writeFile(key('allowed_signers'), signers);
  await writeFile(key('approval.json'), JSON.stringify(await signed(approval, key('dana'), io), null, 2));
  const docs = await readFile(new URL('../../../docs/approvals.md', import.meta.url), 'utf8');
  const commands = /^ {4}(jq -cS .*)\n {4}(ssh-keygen -Y verify .*)$/m.exec(docs)?.slice(1) ?? [];
  expect(commands).toHaveLength(2);
  const { stdout } = await run('bash', ['-euc', commands.join('\n')], { cwd: folder });
  expect(stdout).toContain('Good "muster-approval" signature for dana@example.com');
});

test('what is no allowed_signers file lets nobody in', async () => {
  expect(await verify(await signed(approval, key('dana'), io), 'what is this\n')).toMatchObject({ state: 'bad' });
  expect(await verify(approval)).toEqual({ state: 'none' });
});

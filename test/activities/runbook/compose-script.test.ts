/** A break-glass script as text: whole, checked by shellcheck, without a secret, and true to the playbook. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { compileWith } from '../../../activities/planning/compile.ts';
import { composeScript } from '../../../activities/runbook/compose-script.ts';
import { runbookMarkdown } from '../../../activities/runbook/markdown.ts';
import type { Runbook } from '../../../activities/runbook/runbook.ts';
import type { Plan } from '../../../domain/plan/plan.ts';
import { type Assessment, assessmentSchema } from '../../../domain/playbook/assessment.ts';
import type { Procedure } from '../../../domain/playbook/procedures.ts';
import { ensurePackages } from '../../../lab/tools/packages.ts';
import { startPostgres, type TestPostgres } from '../databases/postgres.ts';
import { filesComponent, makeWorld, type TestHost, type World } from '../points/world.ts';

const run = promisify(execFile);
const password = 'the owner password that nobody may read';

let world: World;
let source: TestHost;
let postgres: TestPostgres;
let runbook: Runbook;
let script: string;
let folder: string;

beforeAll(async () => {
  await ensurePackages({ note: () => {} }, ['shellcheck']);
  postgres = await startPostgres();
  world = await makeWorld([
    filesComponent('tree', ['/srv/app']),
    {
      name: 'database',
      driver: 'postgresql',
      host: 'app',
      rank: 1,
      database: 'shop',
      owner: 'postgres',
      ownerPassword: { env: 'RUNBOOK_TEST_PASSWORD' },
      systemUser: 'postgres',
      jobs: 2,
      port: postgres.port,
      checks: [{ name: 'rows', query: 'SELECT count(*) FROM t' }],
    },
  ]);
  process.env.RUNBOOK_TEST_PASSWORD = password;
  for (const record of world.plan.traffic.records) {
    record.sites = { east: { addresses: ['192.0.2.2'], ttl: 60_000 }, west: { addresses: ['192.0.2.3'], ttl: 60_000 } };
  }
  source = await world.host('app');
  await source.sh('mkdir -p /srv/app && echo hello >/srv/app/file');
  await postgres.sql('postgres', 'CREATE DATABASE shop');
  await postgres.sql('shop', 'CREATE TABLE t AS SELECT generate_series(1, 7) i');
  const { point, sha256 } = await world.backup(source);
  runbook = compiled({ id: point, sha256 });
  script = await composeScript(runbook, await world.context({}, source));
  folder = await mkdtemp(join(tmpdir(), 'muster-script-'));
  await writeFile(join(folder, 'failover.sh'), script);
  await writeFile(join(folder, 'aws'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
}, 120_000);
afterAll(async () => {
  delete process.env.RUNBOOK_TEST_PASSWORD;
  await Promise.all([postgres?.stop(), world?.end()]);
  if (folder) await rm(folder, { recursive: true, force: true });
});

function compiled(
  point: { id: string; sha256: string },
  procedure: Procedure = 'failover',
  plan: Plan = world.plan,
): Runbook {
  const at = '2026-01-02T03:20:00.000Z';
  const assessment: Assessment = assessmentSchema.parse({
    service: plan.service,
    procedure,
    from: procedure === 'failover' ? 'east' : 'west',
    to: 'west',
    at,
    plan: 'a'.repeat(64),
    facts: [{ id: 'points', title: 'Recovery points', value: 'one | good', state: 'good', source: 'S3', took: 1 }],
    risks: [{ id: 'old-primary-not-fenced', text: "east's EC2 does not answer", severity: 'high' }],
    hosts: ['app', 'db'].map((name) => ({ ...source.host, name, group: name, site: 'west', instance: `i-${name}` })),
    point: {
      ...point,
      takenAt: at,
      site: 'east',
      role: 'primary',
      label: 'test',
      bytes: 1,
      storedBytes: 1,
      components: ['tree', 'database'],
      locations: ['near', 'far'],
      torn: 0,
    },
  });
  const call = { run: 'preview', procedure, label: 'manual', assessment } as const;
  const { playbook, sha256 } = compileWith(plan, call, procedure);
  return { plan, playbook, sha256, assessment };
}

it('is good bash, and shellcheck finds nothing in it', async () => {
  await run('bash', ['-n', join(folder, 'failover.sh')]);
  await run('shellcheck', [join(folder, 'failover.sh')]);
}, 120_000);

it('holds no secret, not even inside what is sent to hosts, and says where each is', async () => {
  const kept = script.matchAll(/^#= (\S+) (\S+)$/gm);
  const texts = [script];
  for (const [, name, base64] of kept) {
    const packed = join(folder, `${name}.zst`);
    await writeFile(packed, Buffer.from(base64 ?? '', 'base64'));
    const { stdout } = await run('zstd', ['-dqc', packed], { encoding: 'latin1', maxBuffer: 2 ** 26 });
    texts.push(stdout);
  }
  expect(texts.length).toBeGreaterThan(6);
  const { accessKeyId, secretAccessKey } = world.far.credentials;
  const siteKey = (await readFile(join(world.keys, 'west.key'), 'utf8')).split('\n')[1] ?? '';
  for (const secret of [password, secretAccessKey, accessKeyId, siteKey, 'X-Amz-Signature=', '@muster-secret-']) {
    expect(texts.filter((text) => text.includes(secret) && secret !== 'X-Amz-Signature=')).toEqual([]);
  }
  // Nor a URL that was signed while it was written.
  expect(texts.slice(1).filter((text) => /X-Amz-Signature=[0-9a-f]/.test(text))).toEqual([]);
  // The script is too long to be shown where one of these is not in it.
  const lines = script.split('\n').filter((line) => !line.startsWith('#= '));
  expect(lines).toContain('  { secret_of env:RUNBOOK_TEST_PASSWORD; } | secret_line owner-password || return 1');
  expect(lines).toContain(`site_keys=(file:${join(world.keys, 'west.key')})`);
});

it('has a function for every step of the playbook, in its order', () => {
  const ids = runbook.playbook.items
    .flatMap((item) => (item.type === 'stage' ? item.ranks.flat() : []))
    .map(({ id }) => id);
  const order = [...script.matchAll(/^step_order\+=\((.*)\)$/gm)].map(([, id]) => id);
  expect(order).toEqual([...ids, 'watch']);
  const lines = script.split('\n').filter((line) => !line.startsWith('#= '));
  for (const id of order) expect(lines).toContain(`step_${id?.replaceAll('-', '_')}() {`);
  expect(lines).toContain("  stage 'Restore the data' restore-tree / restore-database");
  expect(lines).toContain('  take_lease 900 far needed');
  expect(lines.filter((line) => / fenced old-primary-not-fenced fence-app fence-db$/.test(line))).toHaveLength(1);
});

/** Neither asks a cloud; that the command is there is looked for all the same. */
function runScript(name: string, ...words: string[]) {
  const env = { ...process.env, PATH: `${folder}:${process.env.PATH}` };
  return run('bash', [join(folder, name), '--state', join(folder, 'state'), ...words], { env });
}

it('lists what it would do, asks for each risk by its name, and stops where nobody answers', async () => {
  const bash = (...words: string[]) => runScript('failover.sh', ...words);
  const { stdout } = await bash('--list');
  expect(stdout).toContain('POINT OF NO RETURN: west takes writes');
  expect(stdout).toContain('restore-database: Restore database on');
  const stopped = bash('--yes');
  stopped.child.stdin?.end();
  await expect(stopped).rejects.toMatchObject({ code: 1, stdout: expect.stringContaining('a risk was not accepted') });
});

it.each([['full-recovery'], ['restore'], ['fence'], ['shift']] as const)(
  'is a good script of %s too, with what a person needs for what it leaves to them',
  async (procedure) => {
    const plan = structuredClone(world.plan);
    const weighted = { identifiers: { east: 'blue', west: 'green' }, shifts: [10, 100], hold: 1000 };
    for (const record of plan.traffic.records) Object.assign(record, { weighted, withdrawn: undefined });
    const { id = '', sha256 = '' } = runbook.assessment.point ?? {};
    const text = await composeScript(compiled({ id, sha256 }, procedure, plan), await world.context({ plan }, source));
    const file = `${procedure}.sh`;
    await writeFile(join(folder, file), text);
    await run('shellcheck', [join(folder, file)]);
    const { stdout } = await runScript(file, '--list', '--state', join(folder, `state-${procedure}`));
    expect(stdout).toContain('== 1 of');
    const byHand = await runScript(file, '--by-hand');
    await writeFile(join(folder, 'by-hand'), byHand.stdout);
    await run('bash', ['-n', join(folder, 'by-hand')]);
    expect(byHand.stdout).toContain('place() {');
  },
  120_000,
);

it('refuses a state folder that another playbook began', async () => {
  const other = join(folder, 'other.sh');
  await writeFile(other, script.replace(/^playbook=.*$/m, 'playbook=another'));
  await expect(runScript('other.sh', '--list')).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringContaining('begun by a script of another playbook'),
  });
});

it('leaves to a person what no function can do, and shows its commands', async () => {
  const manual = { title: 'Call the bank', instructions: 'Tell them.\nWait.', before: 'cutover' as const };
  const plan = { ...world.plan, manual: [manual] };
  const call = { run: 'preview', procedure: 'failover', label: 'manual', assessment: runbook.assessment } as const;
  const { playbook, sha256 } = compileWith(plan, call, 'failover');
  const text = await composeScript({ ...runbook, plan, playbook, sha256 }, await world.context({ plan }, source));
  const lines = text.split('\n').map((line) => line.trim());
  expect(lines).toContain('step_by_person[manual-call-the-bank]=yes');
  expect(lines).toContain("say '# Tell them.'");
});

it('reads as Markdown with facts, risks, people and commands', () => {
  const text = runbookMarkdown(runbook, '/plans', new Date());
  expect(text).toContain('| good | Recovery points | one \\| good | S3 |');
  expect(text).toContain('- [ ] **old-primary-not-fenced** (high)');
  expect(text).toMatch(/^### \d+\. Fence the lost site$/m);
  expect(text).toContain('aws ec2 start-instances --region');
  expect(text).toContain('- 24/7 Support: +1-555-0123');
  expect(text).not.toContain(password);
});

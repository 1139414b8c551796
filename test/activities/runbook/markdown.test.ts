/** The Markdown runbook of every procedure: whole, and made of commands that a person can run. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { compileWith } from '../../../activities/planning/compile.ts';
import { runbookMarkdown } from '../../../activities/runbook/markdown.ts';
import { preparation } from '../../../activities/runbook/preparation.ts';
import type { Runbook } from '../../../activities/runbook/runbook.ts';
import { componentSchema } from '../../../domain/plan/component.ts';
import { stepsOf } from '../../../domain/playbook/playbook.ts';
import { type Procedure, procedures } from '../../../domain/playbook/procedures.ts';
import { aSituation } from '../../playbooks/a-situation.ts';

const run = promisify(execFile);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-markdown-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function compiled(procedure: Procedure, driver?: string): Promise<Runbook> {
  const { plan, ...call } = await aSituation(procedure);
  if (driver !== undefined || procedure === 'log-shipping') plan.components.push(other(driver ?? 'mariadb'));
  if (call.assessment.point) {
    call.assessment.point.components = plan.components.map(({ name }) => name);
  }
  const { playbook, sha256 } = compileWith(plan, call, procedure);
  return { plan, playbook, sha256, assessment: call.assessment };
}

function other(driver: string) {
  const own = {
    mariadb: { database: 'shop', binlogs: true, checks: [{ name: 'rows', query: 'SELECT count(*) FROM t' }] },
    redis: { start: 'systemctl start redis', checks: [{ name: 'size', query: 'DBSIZE' }] },
  }[driver];
  return componentSchema.parse({ name: `more-${driver}`, driver, host: 'db', rank: 1, ...own });
}

/** The blocks of commands, as somebody would copy them. */
function blocksOf(text: string): string[] {
  return [...text.matchAll(/^```sh\n([\s\S]*?)\n```$/gm)].map(([, block]) => block ?? '');
}

it.each(procedures.map((procedure) => [procedure]))('%s is bash that can be typed as it stands', async (procedure) => {
  const text = runbookMarkdown(await compiled(procedure), '/plans', new Date());
  const blocks = blocksOf(text);
  const file = join(folder, `${procedure}.sh`);
  await writeFile(file, blocks.join('\n'));
  await run('bash', ['-n', file]);
  for (const block of blocks) {
    // A heredoc whose end is not at the margin would take what follows with it; bash only warns of that.
    await writeFile(file, block);
    expect((await run('bash', ['-n', file])).stderr).toBe('');
    expect(block).not.toMatch(/ URL\b|\.\.\.|offline\.key --|--hosted-zone-id undefined|undefined/);
  }
});

it('has a command for every step that is not a person’s, of every driver', async () => {
  for (const [procedure, driver] of [
    ['switchover', 'mariadb'],
    ['failback', 'redis'],
    ['failover', 'redis'],
    ['full-recovery', 'mariadb'],
    ['shift', undefined],
    ['fence', undefined],
    ['backup', 'redis'],
  ] as const) {
    const runbook = await compiled(procedure, driver);
    const text = runbookMarkdown(runbook, '/plans', new Date());
    for (const { id, kind } of stepsOf(runbook.playbook)) {
      if (kind === 'manual' || (kind === 'awaitNoSessions' && id.includes('more-'))) continue;
      const [, after = ''] = text.split(`(\`${id}\`)`);
      const [block = ''] = blocksOf(after);
      expect([id, block.split('\n').some((line) => line.trim() !== '' && !line.startsWith('#'))]).toEqual([id, true]);
    }
  }
});

it('says of a fence that the names must not lead to the site, and promises putting back only before no return', async () => {
  const fence = runbookMarkdown(await compiled('fence'), '/plans', new Date());
  expect(fence).toContain('- [ ] spacetime-api.company.com does not lead to us-east-1');
  expect(fence).toContain('- [ ] nothing at us-east-1 can take a write');
  expect(fence).not.toContain('put back');
  const [before = '', after = ''] = runbookMarkdown(await compiled('switchover'), '/plans', new Date()).split(
    'POINT OF NO RETURN',
  );
  expect(before).toContain('it may be put back until');
  expect(after).not.toContain('it may be put back until');
  expect(runbookMarkdown(await compiled('verify'), '/plans', new Date())).not.toContain('leads to');
});

it('reaches each location with its own region, endpoint, credentials and prefix, and each host with its pinned key', async () => {
  const runbook = await compiled('fence');
  Object.assign(runbook.plan.storage['company-backups'] ?? {}, {
    prefix: 'dr/points/',
    endpoint: 'http://127.0.0.1:9',
    accessKeyId: { env: 'THE_ID' },
    secretAccessKey: { env: 'THE_SECRET' },
  });
  await writeFile(join(folder, 'aws'), '#!/bin/sh\necho "$AWS_REGION $AWS_ENDPOINT_URL_S3 $AWS_ACCESS_KEY_ID $*"\n', {
    mode: 0o755,
  });
  const asked = [
    'at company-backups aws s3 ls "$(place company-backups)/x"',
    'object company-backups spacetime/lease.json',
    'object company-backups-dr spacetime/lease.json',
    'at nowhere aws s3 ls || echo refused',
    'command ssh -F ssh.conf -G HOST_OF_app | grep -E "^(hostname|user|stricthostkeychecking|userknownhostsfile) "',
  ];
  const { stdout } = await run('bash', ['-c', [...preparation(runbook, '/plans'), ...asked].join('\n')], {
    env: { HOME: folder, PATH: `${folder}:${process.env.PATH}`, THE_ID: 'id', THE_SECRET: 'never' },
  });
  expect(stdout.split('\n')).toEqual([
    'us-east-1 http://127.0.0.1:9 id s3 ls s3://company-backups/dr/points/x',
    '--bucket company-backups --key dr/points/spacetime/lease.json',
    '--bucket company-backups-dr --key muster/spacetime/lease.json',
    'refused',
    'user ubuntu',
    'hostname 10.77.1.10',
    'stricthostkeychecking true',
    'userknownhostsfile /plans/known_hosts',
    '',
  ]);
  expect(await readFile(join(folder, 'by-hand-spacetime/ssh.conf'), 'utf8')).not.toContain('never');
});

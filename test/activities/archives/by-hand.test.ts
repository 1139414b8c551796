/** What the Markdown runbook says of capture and restore, typed into bash: files come back as they were, sealed on their way. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { captureShell, restoreShell } from '../../../activities/archives/by-hand.ts';
import { preparePoint } from '../../../activities/points/prepare-point.ts';
import { componentSchema, type FilesComponent } from '../../../domain/plan/component.ts';

const run = promisify(execFile);
const secret = 'what only the recipients may read';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-by-hand-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Stands for the host, whose login is root, and for the store. */
const here = () => `set -euo pipefail; cd ${folder}
ssh() { while [[ $1 == -p ]]; do shift 2; done; shift; bash -c "$*"; }
at() { shift; mkdir -p ${folder}/store; printf '%s\\n' "$*" >>${folder}/store/asked; }
place() { echo s3://points/muster; }
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout site.key -subj /CN=site -out site.crt 2>/dev/null
seal() { openssl cms -encrypt -aes-256-gcm -binary -outform DER -in "$1" -out "$2" site.crt; }`;

it('brings a tree back with its modes and without what is excluded, and saves what was there', async () => {
  const tree = join(folder, 'srv app');
  await mkdir(join(tree, 'logs'), { recursive: true });
  await writeFile(join(tree, '.env'), secret, { mode: 0o600 });
  await writeFile(join(tree, 'logs/a.log'), 'not wanted');
  const component = componentSchema.parse({
    name: 'tree',
    driver: 'files',
    host: 'app',
    rank: 0,
    paths: [`${folder}/srv*`],
    exclude: ['*.log'],
    permissions: [{ path: join(tree, '.env'), mode: '640' }],
    afterRestore: [`touch ${folder}/reloaded`],
  }) as FilesComponent;
  const host = {
    name: 'app',
    group: 'app',
    site: 'east',
    region: 'east',
    address: '127.0.0.1',
    ssh: { user: 'root', port: 22, key: { file: 'key' }, knownHosts: { file: 'known_hosts' } },
  };
  const from = { service: 'tea', point: undefined, location: 'near' };
  const input = preparePoint.input.parse({ service: 'tea', point: '20260102_030405', locations: ['near'] });
  const lines = [
    here(),
    ...preparePoint.shell(input),
    ...captureShell(component, host, 'tea', 'near'),
    `if grep -rqF ${JSON.stringify(secret)} "$POINT"; then echo 'in the clear'; exit 1; fi`,
    `echo changed >"${tree}/.env"`,
    ...restoreShell(component, host, from),
    'tar -xOzf /var/tmp/before-tree.*.tar.gz --wildcards "*/.env"; rm /var/tmp/before-tree.*.tar.gz',
    'tar -tf <(tar -cf - restored.tree) | grep -c "a\\.log" || :',
  ];
  const { stdout } = await run('bash', ['-c', lines.join('\n')]);
  expect(stdout).toBe('changed\n0\n');
  expect(await readFile(join(tree, '.env'), 'utf8')).toBe(secret);
  expect((await stat(join(tree, '.env'))).mode & 0o777).toBe(0o640);
  await stat(join(folder, 'reloaded'));
  const asked = await readFile(join(folder, 'store/asked'), 'utf8');
  expect(asked).toMatch(/aws s3 cp \S+\/key-1\.cms s3:\/\/points\/muster\/tea\/archives\/\d{8}_\d{6}\/key-1\.cms/);
  expect(asked).toMatch(/--include tree\.\*/);
});

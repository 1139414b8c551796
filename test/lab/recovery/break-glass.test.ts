/**
 * The hour when Temporal itself is gone: region dead, server and all workers dead, and the break-glass script alone brings the
 * service back; the observer measures it. Once with a script that lay ready, killed in the middle; once with one made after the disaster.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { until } from '../../../lab/shell.ts';
import { pythonTool } from '../../../lab/tools/python.ts';
import { openScenario, type Scenario } from '../support/scenario.ts';

let scenario: Scenario;
let folder: string;
/** Folder of an `aws` that can be led to the lab. */
let aws: string;

beforeAll(async () => {
  scenario = await openScenario();
  aws = await pythonTool('awscli', { note: console.log });
  folder = mkdtempSync(join(tmpdir(), 'glass-'));
});
beforeEach(() => scenario.reset());
afterAll(async () => {
  await scenario.reset();
  await scenario.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Script {
  readonly file: string;
  readonly risks: readonly string[];
}

async function makeScript(name: string): Promise<Script> {
  const file = join(folder, name);
  const words = ['runbook', 'spacetime', 'failover', '--format', 'sh', '--output', file, '--json'];
  const { code, stderr, json } = await scenario.muster(words);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return { file, risks: (json as { risks: { id: string }[] }).risks.map(({ id }) => id) };
}

/** With nobody at the keyboard: whatever is not accepted here stops it. */
const run = ({ file, risks }: Script, state: string) =>
  scenario.lab.exec(
    [
      ...['bash', file, '--yes', '--by', 'ops', '--state', join(folder, state)],
      ...['old-primary-not-fenced', ...risks].flatMap((risk) => ['--accept', risk]),
    ],
    { input: '', env: { PATH: `${aws}:${process.env.PATH}` } },
  );

const said = ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) =>
  code === 0 ? '' : `${code}: ${stdout}${stderr}`;

async function disaster(): Promise<Date> {
  const at = new Date();
  await scenario.lab.kill('us-east-1');
  await scenario.stopWorkers();
  await scenario.lab.process('temporal', 'kill');
  return at;
}

async function expectServed(since: Date): Promise<void> {
  await scenario.expectDataOf('us-west-2');
  expect(await scenario.addressOf()).toBe('10.77.2.10');
  const { processes } = await scenario.lab.status();
  const alive = processes.filter(({ name, state }) => /temporal|worker|spare/.test(name) && state === 'running');
  expect(alive.map(({ name }) => name)).toEqual([]);
  const { outages } = await scenario.observer.outages(since);
  const lost = await scenario.observer.lostWrites(since);
  expect(outages.at(-1)).toMatchObject({ observed: true, until: expect.any(String) });
  console.log(`outage ${outages.at(-1)?.ms} ms; lost writes ${JSON.stringify(lost).slice(0, 200)}`);
}

test('a script that lay ready is killed in the middle of a restore, run again, and brings the service back', async () => {
  const script = await makeScript('ready.sh');
  const since = await disaster();
  let early = '';
  const first = run(script, 'one');
  void first.then((ended) => (early = said(ended)));
  const out = join(folder, 'one/jobs/restore-database.out');
  await until(
    'the database is being restored',
    async () => early !== '' || (await readFile(out, 'utf8').catch(() => '')) !== '',
    { timeoutMs: 120_000 },
  );
  expect(early).toBe('');
  const pid = Number(await readFile(join(folder, 'one/pid'), 'utf8'));
  process.kill(pid, 'SIGKILL');
  expect((await first).code).not.toBe(0);

  const again = await run(script, 'one');
  expect(said(again)).toBe('');
  expect(again.stdout).toContain('done before');
  await expectServed(since);

  // Once more changes nothing, and says so.
  const idle = await run(script, 'one');
  expect(said(idle)).toBe('');
  expect(idle.stdout).not.toContain('[restore-database] Restore');
  await scenario.expectDataOf('us-west-2');
}, 300_000);

test('a script that is made when everything is dead already brings the service back', async () => {
  const since = await disaster();
  const ended = await run(await makeScript('after.sh'), 'two');
  expect(said(ended)).toBe('');
  expect(ended.stdout).toContain('the observer saw the outage');
  await expectServed(since);
}, 300_000);

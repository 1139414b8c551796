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
import { openScenario, type Scenario } from '../support/scenario.ts';

let scenario: Scenario;
let folder: string;

beforeAll(async () => {
  scenario = await openScenario();
  folder = mkdtempSync(join(tmpdir(), 'glass-'));
});
beforeEach(() => scenario.reset());
afterAll(async () => {
  await scenario.reset();
  await scenario.close();
  rmSync(folder, { recursive: true, force: true });
});

async function makeScript(name: string): Promise<string> {
  const file = join(folder, name);
  const words = ['runbook', 'spacetime', 'failover', '--format', 'sh', '--output', file];
  const { code, stderr } = await scenario.muster(words);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return file;
}

/** With nobody at the keyboard: whatever is not accepted here stops it. */
const run = (file: string, state: string) =>
  scenario.lab.exec(
    ['bash', file, '--yes', '--by', 'ops', '--accept', 'old-primary-not-fenced', '--state', join(folder, state)],
    { input: '' },
  );

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
  const file = await makeScript('ready.sh');
  const since = await disaster();
  const first = run(file, 'one');
  const out = join(folder, 'one/jobs/restore-database.out');
  await until('the database is being restored', async () => (await readFile(out, 'utf8').catch(() => '')) !== '', {
    timeoutMs: 90_000,
  });
  const pid = Number(await readFile(join(folder, 'one/pid'), 'utf8'));
  process.kill(pid, 'SIGKILL');
  expect((await first).code).not.toBe(0);

  const again = await run(file, 'one');
  expect(again.stdout + again.stderr).toContain('done before');
  expect({ code: again.code, stdout: again.code === 0 ? '' : again.stdout + again.stderr }).toEqual({
    code: 0,
    stdout: '',
  });
  await expectServed(since);

  // Once more changes nothing, and says so.
  const idle = await run(file, 'one');
  expect(idle.code).toBe(0);
  expect(idle.stdout).not.toContain('is tried again');
  await scenario.expectDataOf('us-west-2');
});

test('a script that is made when everything is dead already brings the service back', async () => {
  const since = await disaster();
  const file = await makeScript('after.sh');
  const { code, stdout, stderr } = await run(file, 'two');
  expect({ code, said: code === 0 ? '' : stdout + stderr }).toEqual({ code: 0, said: '' });
  expect(stdout).toContain('the observer saw the outage');
  await expectServed(since);
});

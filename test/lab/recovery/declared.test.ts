/** Nobody watches: two observers in different places see the region die, and declare it together. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type DeclaringStatus, declaringId } from '../../../domain/observers/declaring.ts';
import { commandInside } from '../../../lab/inside.ts';
import { ports, regionNamed, third } from '../../../lab/layout.ts';
import { checkout } from '../../../lab/paths.ts';
import { until } from '../../../lab/shell.ts';
import { openScenario, type Scenario } from '../support/scenario.ts';
import { withOverlay } from '../support/with-plan.ts';

const second = `${regionNamed('us-west-2').service}:8391`;
let scenario: Scenario;
let other: ChildProcess | undefined;
let dir: string;

beforeAll(async () => {
  scenario = await openScenario();
  dir = mkdtempSync(join(tmpdir(), 'declared-'));
});
afterAll(async () => {
  rmSync(dir, { recursive: true, force: true });
  await scenario.close();
});
beforeEach(async () => {
  await scenario.reset();
  other = observeFrom('us-west-2');
  await until('the second observer sees it well', async () => (await stateOf(second)) === 'ok');
});
afterEach(async () => {
  await scenario.muster(['declaring', 'end', 'spacetime', '--by', 'tests']);
  other?.kill('SIGKILL');
});

/** As the lab's own, in another place. */
function observeFrom(place: 'us-west-2'): ChildProcess {
  const url = 'http://spacetime-api.company.com:8080/status';
  const words = ['--url', url, '--expect', 'overall_ready=true', '--resolver', `${third}:${ports.dns}`];
  const where = ['--interval', '250ms', '--listen', second, '--log', join(dir, 'second.jsonl')];
  const [file, ...args] = commandInside(scenario.lab.state, place, [
    process.execPath,
    join(checkout, 'observer/main.ts'),
    ...words,
    ...where,
  ]);
  return spawn(file, args, { stdio: 'ignore' });
}

async function stateOf(observer: string): Promise<string | undefined> {
  const { stdout } = await scenario.lab.exec(['curl', '-sS', '-m', '2', `http://${observer}/state`]);
  return stdout ? JSON.parse(stdout).state : undefined;
}

async function watching(go: 'ask' | 'automatic', work: () => Promise<void>): Promise<void> {
  const observers = [`http://${third}:${ports.observer}`, `http://${second}`];
  const declare = { observers, needs: 2, after: '2s', every: '250ms', go };
  const edit = (overlay: Record<string, unknown>) => {
    overlay.declare = declare;
  };
  await withOverlay(scenario.lab.dir, edit, async () => {
    const { code, stdout, stderr } = await scenario.muster(['declaring', 'start', 'spacetime']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('2 of 2 observers for 2.0s declare a failover');
    await work();
  });
}

/** The run before it has the same workflow id, and would be asked in its place. */
async function untilDeclared(): Promise<void> {
  await until('the observers declare it', async () => (await watch()).declared.length === 1, { timeoutMs: 60_000 });
}

const watch = () => scenario.client.workflow.getHandle(declaringId('spacetime')).query<DeclaringStatus>('status');

test('they begin a failover that asks for its go, by workers of the region that lives; a rejected one is not begun again', async () => {
  await watching('ask', async () => {
    await scenario.lab.kill('us-east-1');
    await untilDeclared();
    const asking = await scenario.until(
      'it waits for approval',
      ({ phase, requestedBy }) => phase === 'awaiting-approval' && requestedBy === 'observers',
    );
    const reason = JSON.stringify(asking.timeline);
    expect(reason).toContain('declared by the observers: 2 of 2 vantage points see it');
    expect(reason).toContain(second);
    await scenario.update('approve', await scenario.approval({ decision: 'no-go' }));
    await scenario.finish('rejected');
    // It waits for the service to be well again, and nothing is begun as long as it is not.
    const { dealtWith, declared } = await watch();
    expect(dealtWith).toContain('2 of 2 vantage points');
    expect(declared).toHaveLength(1);
  });
});

test('one of them alone declares nothing', async () => {
  await watching('ask', async () => {
    await scenario.lab.process('observer', 'freeze');
    try {
      await scenario.lab.kill('us-east-1');
      await until('the other sees it down', async () => (await stateOf(second)) === 'failing');
      // Ten times as long as would be enough for two.
      const down = Date.now();
      await until('time has passed', () => Date.now() - down > 20_000, { timeoutMs: 30_000 });
      expect((await watch()).declared).toEqual([]);
    } finally {
      await scenario.lab.process('observer', 'thaw');
    }
  });
});

/**
 * A failover drill in isolation, in the lab, under live writes: the service comes up on the drill's own hosts with the data of the newest
 * point, users notice nothing, everything is taken away, and what is real is as it was; also where it is killed, and where it yields.
 */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { workflowIdOf } from '../../../domain/playbook/procedures.ts';
import type { Report } from '../../../domain/report/report.ts';
import type { RunStatus } from '../../../domain/run/run.ts';
import { until } from '../../../lab/shell.ts';
import { openScenario, type Scenario, stepOf } from '../support/scenario.ts';
import { query } from '../support/truth.ts';
import { worldNow } from '../support/untouched.ts';

const drillName = 'drill.spacetime-api.company.com';
let scenario: Scenario;
beforeAll(async () => {
  scenario = await openScenario();
});
beforeEach(() => scenario.reset());
afterEach(() => endDrill());
afterAll(async () => {
  await scenario.reset();
  await scenario.close();
});

const handle = () => scenario.client.workflow.getHandle(workflowIdOf('spacetime', 'isolated-drill'));
const status = () => handle().query<RunStatus>('status');

const quarterly = () => scenario.client.workflow.getHandle(workflowIdOf('spacetime', 'drill'));

async function endDrill(): Promise<void> {
  for (const each of [quarterly(), handle()]) {
    const now = (await each.describe().catch(() => undefined))?.status;
    if (now?.name === 'RUNNING') await each.terminate('left over by a test');
  }
}

/** Everything that the quarterly drill asks in one part of it, once it asks; each by the next of these people. */
async function answerAll(when: string, ...people: string[]): Promise<void> {
  let asked: string[] = [];
  await until(
    `it asks ${when}`,
    async () => {
      const now = await quarterly()
        .query<RunStatus>('status')
        .catch(() => undefined);
      const steps =
        now?.stages.flatMap(({ ranks }) => ranks.flat()).filter(({ id }) => id.startsWith(`${when}-`)) ?? [];
      asked = steps.map(({ id }) => id);
      return steps.length > 0 && steps.every(({ state }) => state === 'running');
    },
    { timeoutMs: 180_000 },
  );
  for (const [index, step] of asked.entries()) {
    const word = { by: people[index % people.length], step, answer: 'yes' };
    expect(await quarterly().executeUpdate('confirm', { args: [word] })).toMatchObject({ taken: true });
  }
}

async function untilStatus(what: string, is: (now: RunStatus) => boolean): Promise<RunStatus> {
  let last: RunStatus | undefined;
  await until(
    what,
    async () => {
      last = await status().catch(() => undefined);
      return last !== undefined && is(last);
    },
    { timeoutMs: 90_000 },
  );
  return last as RunStatus;
}

async function rehearse(...more: string[]) {
  return await scenario.muster(['rehearse', 'spacetime', '--by', 'ops', '--reason', 'a test', ...more]);
}

/** Held before one stage after the other, until it is this one. */
async function heldBefore(title: string): Promise<void> {
  await untilStatus('it begins', ({ phase }) => phase === 'executing');
  for (;;) {
    await handle().executeUpdate('hold', { args: [{ by: 'ops' }] });
    const { needs } = await untilStatus('it holds', (now) =>
      now.needs.some(({ what }) => what.includes('held before')),
    );
    if (needs.some(({ what }) => what === `the run is held before "${title}"`)) return;
  }
}

/** What is real: power and content of the hosts of both regions, and where the names lead. */
async function realWorld() {
  const { hosts, address } = await worldNow(scenario);
  const real = Object.fromEntries(Object.entries(hosts).filter(([name]) => !name.endsWith('-drill')));
  return { hosts: real, address, plain: await scenario.addressOf('spacetime-plain.company.com') };
}

async function nothingIsLeft(): Promise<void> {
  await Promise.all(['app-drill', 'db-drill'].map((host) => scenario.lab.untilPower(host, 'off')));
  await expect(scenario.addressOf(drillName)).rejects.toThrow(/has no address/);
  // What was restored there is gone from the disks, not only out of sight.
  await Promise.all(['app-drill', 'db-drill'].map((host) => scenario.lab.power(host, 'on')));
  await Promise.all(['app-drill', 'db-drill'].map((host) => scenario.lab.untilPower(host, 'on')));
  expect(await scenario.sh('app-drill', 'ls -A /opt/spacetime/production 2>/dev/null || true')).toBe('');
  // The hosts were switched off under it: it may read its log first.
  await until('PostgreSQL answers', async () => (await scenario.lab.ssh('db-drill', 'pg_isready -q')).code === 0);
  const databases =
    'cd / && runuser -u postgres -- psql -XAtc "SELECT datname FROM pg_database WHERE datname LIKE \'spacetime%\'"';
  expect(await scenario.sh('db-drill', databases)).toBe('');
  await Promise.all(['app-drill', 'db-drill'].map((host) => scenario.lab.power(host, 'off')));
}

test('goes through while users are served, leaves nothing, and proves that what is real was not touched', async () => {
  const before = await realWorld();
  const began = new Date();
  const { code, stdout, stderr } = await rehearse('--watch');
  expect(code, `${stdout.slice(-3_000)}${stderr}`).toBe(0);
  const { json } = await scenario.muster(['report', 'spacetime', '--procedure', 'isolated-drill', '--json']);
  const report = json as Report;
  expect(report).toMatchObject({ procedure: 'isolated-drill', result: 'done', failed: [], skipped: [] });
  expect(report.seen?.join()).toMatch(/Prove that the drill did not touch spacetime: all \d+ are as they were/);
  expect(report.rto).toMatchObject({ verdict: 'not observed', maximum: 1_800_000 });
  expect(report.rto.ownCheck).toBeGreaterThan(0);
  expect(report.rpo).toMatchObject({
    verdict: expect.stringMatching(/^(met|missed)$/),
    takenAt: report.point?.takenAt,
  });
  expect(await realWorld()).toEqual(before);
  const { acknowledged, lost } = await scenario.observer.lostWrites(began);
  expect({ lost, some: acknowledged > 10 }).toEqual({ lost: 0, some: true });
  expect((await scenario.observer.state()).state).toBe('ok');
  await nothingIsLeft();
});

test('the service that comes up there has the data of the point and its own database, and not a row of the real one moves', async () => {
  expect((await rehearse()).code).toBe(0);
  await heldBefore('See it by the name of the drill');
  expect(await scenario.addressOf(drillName)).toBe('10.77.3.10');
  const ask = (host: string) => scenario.lab.exec(['curl', '-fsS', '-m', '5', `http://${host}:8080/players/17`]);
  expect((await ask('10.77.3.10')).stdout).toBe((await ask('10.77.1.10')).stdout);
  // It writes like the real one, and what it writes stays there.
  const marker = "UPDATE players SET name = 'only in the drill' WHERE id = 17";
  await scenario.sh('db-drill', `cd / && runuser -u postgres -- psql -Xqd spacetime_db -c "${marker}"`);
  const real = 'SELECT name FROM players WHERE id = 17';
  expect(await query(scenario.lab, 'us-east-1', real)).not.toBe('only in the drill');
  await handle().executeUpdate('resume', { args: [{ by: 'ops' }] });
  expect(await handle().result()).toMatchObject({ phase: 'done' });
});

test('the quarterly drill of the plan rehearses it: people look while it stands, and it is taken away when they have', async () => {
  const before = await realWorld();
  expect((await scenario.muster(['drill', 'spacetime', 'quarterly', '--by', 'ops', '--reason', 'a test'])).code).toBe(
    0,
  );
  await answerAll('before', 'ops');
  await untilStatus('it stands', (now) => stepOf(now, 'look-at-it')?.state === 'running');
  expect(await scenario.addressOf(drillName)).toBe('10.77.3.10');
  await answerAll('during', 'ops');
  await answerAll('after', 'ops');
  await answerAll('sign-off', 'ops', 'manager');
  expect(await quarterly().result()).toMatchObject({
    phase: 'done',
    summary: expect.stringContaining('Drill quarterly (isolated) of spacetime passed: 15 of 15 items answered.'),
  });
  const { json } = await scenario.muster(['report', 'spacetime', '--procedure', 'drill', '--json']);
  const { drill } = json as Report;
  expect(drill?.metrics).toMatchObject({ rto: { target: 1_800_000, met: true }, rpo: { target: 3_600_000 } });
  const rehearsed = (await scenario.muster(['report', 'spacetime', '--procedure', 'isolated-drill', '--json'])).json;
  expect(rehearsed).toMatchObject({ result: 'done', partOf: (json as Report).run });
  expect(await realWorld()).toEqual(before);
  await nothingIsLeft();
});

test('one that is terminated in the middle of the restore is swept by its guard, and the next finds nothing', async () => {
  const before = await realWorld();
  expect((await rehearse()).code).toBe(0);
  await untilStatus('the database is restored', (now) => stepOf(now, 'restore-database')?.state === 'running');
  await handle().terminate('somebody at the UI');
  const guard = scenario.client.workflow.getHandle('spacetime/drill-guard');
  expect(await guard.result()).toBe('it was killed, and what it left is taken away');
  await nothingIsLeft();
  expect(await realWorld()).toEqual(before);
});

test('a recovery goes first: a drill that runs lets go and clears up, and one that is asked for is refused', async () => {
  expect((await rehearse()).code).toBe(0);
  await heldBefore('Start the service');
  await scenario.lab.kill('us-east-1');
  await scenario.startFailover();
  expect(await handle().result()).toMatchObject({ phase: 'aborted', summary: expect.stringContaining('goes first') });
  await scenario.approve();
  await scenario.until('the lease is taken', (now) => stepOf(now, 'take-lease')?.state === 'done');
  const { code, stdout, stderr } = await rehearse('--watch');
  expect(code).not.toBe(0);
  expect(`${stdout}${stderr}`).toMatch(
    /isolated-drill of spacetime failed: The lease of spacetime is held by run failover-/,
  );
  await scenario.update('abort', { by: 'ops' });
});

test('a network that lets the drill reach a real host is found before anything is restored', async () => {
  const before = await realWorld();
  const rules = (await scenario.lab.exec(['nft', 'list', 'chain', 'inet', 'lab', 'drills'])).stdout;
  await scenario.lab.exec(['nft', 'flush', 'chain', 'inet', 'lab', 'drills']);
  try {
    expect((await rehearse()).code).toBe(0);
    const asked = await untilStatus(
      'a person is asked',
      (now) => now.needs.length > 0 && stepOf(now, 'see-isolated-drill-app')?.error !== undefined,
    );
    expect(stepOf(asked, 'see-isolated-drill-app')?.error).toMatchObject({ type: 'NotIsolated' });
    expect(stepOf(asked, 'restore-database')?.state).toBe('pending');
    const skip = { by: 'ops', step: 'see-isolated-drill-app', reason: 'it will be fine' };
    expect(await handle().executeUpdate('skip', { args: [skip] })).toMatchObject({ taken: false });
    await handle().executeUpdate('abort', { args: [{ by: 'ops' }] });
    expect(await handle().result()).toMatchObject({ phase: 'aborted' });
  } finally {
    await scenario.lab.exec(['nft', '-f', '-'], { input: rules });
  }
  expect(await realWorld()).toEqual(before);
});

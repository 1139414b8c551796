/**
 * The files of SpaceTime restored ahead at the standby, while users write: what stands there is the recovery point's, a second sync changes
 * nothing, `muster readiness` sees it, a failover takes it as it is, and a recovery that begins meanwhile comes first.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { workflowIdOf } from '../../../domain/playbook/procedures.ts';
import type { RunStatus } from '../../../domain/run/run.ts';
import { calls } from '../../../lab/aws/faults.ts';
import { until } from '../../../lab/shell.ts';
import { openScenario, type Scenario, stepOf } from '../support/scenario.ts';
import { worldNow } from '../support/untouched.ts';
import { withOverlay, withPlan } from '../support/with-plan.ts';

interface Readiness {
  readonly ready: boolean;
  readonly lacking: readonly { readonly level: string; readonly id: string }[];
}

const host = 'app-us-west-2';
/** Of no concern to a sync. */
const drillHosts = { 'app-drill': 'off', 'db-drill': 'off' };
let scenario: Scenario;
beforeAll(async () => {
  scenario = await openScenario();
});
afterAll(async () => {
  await scenario.lab.heal('us-east-1');
  await scenario.reset();
  await scenario.close();
});

/** The lab's plan with all files warm, and images of the application's machine at the standby. */
async function withWarm(work: () => Promise<void>): Promise<void> {
  const warm = (plan: { components: { driver: string; standby?: object }[] }) => {
    for (const each of plan.components) if (each.driver === 'files') each.standby = { strategy: 'warm' };
  };
  const imaged = (overlay: { sites: Record<string, object> }) => {
    Object.assign(overlay.sites['us-west-2'] as object, { images: { of: ['app'], within: '20s' } });
  };
  const { dir } = scenario.lab;
  await withPlan(dir, warm, () => withOverlay(dir, imaged, work));
}

const syncRun = () => scenario.client.workflow.getHandle(workflowIdOf('spacetime', 'sync'));
const syncStatus = () => syncRun().query<RunStatus>('status');

/** `muster sync`, as typed, watched to its end. */
async function sync(): Promise<RunStatus> {
  const { code, stderr } = await scenario.muster(['sync', 'spacetime', '--by', 'ops', '--watch']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return await syncStatus();
}

async function readiness(): Promise<Readiness & { code: number }> {
  const { code, json } = await scenario.muster(['readiness', 'spacetime', '--json']);
  return { ...(json as Readiness), code };
}

const lackedOf = ({ lacking }: Readiness) => lacking.map(({ level, id }) => `${level} ${id}`);

async function powerAt(region: string): Promise<Record<string, string>> {
  const { hosts } = await scenario.lab.status();
  return Object.fromEntries(hosts.filter((each) => each.region === region).map(({ name, power }) => [name, power]));
}

/** How often EC2 of the standby was asked to start and to stop something. */
async function powerCalls(): Promise<number[]> {
  const made = await calls(scenario.lab.awsControl);
  return ['StartInstances', 'StopInstances'].map((action) => made[`ec2 us-west-2 ${action}`] ?? 0);
}

async function switchOn(): Promise<void> {
  await scenario.lab.power(host, 'on');
  await scenario.lab.untilPower(host, 'on');
}

test('a sync under live writes lays the recovery point out at the standby, and leaves its hosts as they were', async () => {
  await withWarm(async () => {
    const began = new Date();
    const before = await readiness();
    expect(before).toMatchObject({ code: 10, ready: false });
    expect(lackedOf(before)).toEqual(expect.arrayContaining(['unknown warm-application-app', 'late images-us-west-2']));
    const [started = 0, stopped = 0] = await powerCalls();

    const done = await sync();
    expect(stepOf(done, 'sync-application')).toMatchObject({ state: 'done', outcome: 'restored ahead' });
    expect(stepOf(done, 'copy-images-app')?.outcome).toBe('1 copied');
    expect(stepOf(done, 'wake-app')?.outcome).toBe('started');
    expect(stepOf(done, 'rest-app')?.outcome).toBe('stopped');
    // The database's host is not needed for files.
    expect(await powerCalls()).toEqual([started + 1, stopped + 1]);
    expect(await powerAt('us-west-2')).toEqual({ [host]: 'off', 'db-us-west-2': 'off', ...drillHosts });
    expect(await scenario.addressOf()).toBe('10.77.1.10');
    await scenario.untilWritten(20);
    const { lost, acknowledged } = await scenario.observer.lostWrites(began);
    expect({ lost, some: acknowledged > 20 }).toEqual({ lost: 0, some: true });

    await switchOn();
    await scenario.expectFilesOf('us-west-2');
    expect(await scenario.sh(host, 'systemctl is-active godot-spacetime || true')).toBe('inactive');
    expect(await scenario.sh(host, 'ls -A /opt/spacetime')).toBe('logs\nproduction');
  });
}, 400_000);

test('a second one changes nothing, at a host that runs and stays on; the standby is ready', async () => {
  await withWarm(async () => {
    const before = await worldNow(scenario);
    const again = await sync();
    expect(stepOf(again, 'sync-application')?.outcome).toBe('stands there already');
    expect(stepOf(again, 'rest-app')?.outcome).toBe('ran before');
    expect(await worldNow(scenario)).toEqual(before);
    const seen = await readiness();
    expect(seen).toMatchObject({ code: 0, ready: true, lacking: [] });
  });
}, 400_000);

test('a failover takes what stands there as it is, fetches the rest, and its users have their data', async () => {
  await withWarm(async () => {
    await scenario.lab.kill('us-east-1');
    const assessed = (await scenario.startFailover()) as RunStatus;
    const facts = assessed.facts.filter(({ title }) => title.startsWith('Warm copy of'));
    expect(facts.map(({ state }) => state)).toEqual(['good', 'good', 'good', 'good']);
    await scenario.approve();
    const done = await scenario.finish();
    for (const component of ['configuration', 'application', 'certificates']) {
      const step = `confirm-${component}`;
      expect(stepOf(done, step)?.outcome).toMatch(/^stood there, restored ahead at /);
      expect(await scenario.jobs.starts(host, done.run, step)).toEqual([]);
    }
    expect(stepOf(done, 'restore-database')?.state).toBe('done');
    expect(await scenario.addressOf()).toBe('10.77.2.10');
    await scenario.expectDataOf('us-west-2');
  });
}, 400_000);

test('a recovery that begins in the middle of a sync comes first: the sync lets go, and users have their data', async () => {
  await scenario.reset();
  await withWarm(async () => {
    const asked = ['sync', 'spacetime', '--by', 'ops', '--json'];
    expect(await scenario.muster(asked)).toMatchObject({ code: 0 });
    const { run } = await syncStatus();
    const pid = await scenario.jobs.hold(host, run, 'sync-application.restore');
    await scenario.lab.kill('us-east-1');
    await scenario.startFailover();
    await scenario.approve();
    await until('the sync lets go', async () => stepOf(await syncStatus(), 'sync-application')?.state === 'failed', {
      timeoutMs: 60_000,
    });
    expect(stepOf(await syncStatus(), 'sync-application')?.error).toMatchObject({ type: 'RecoveryUnderWay' });
    const left = `ps -eo pgid=,stat=,args= | awk '$1 == ${pid} && $2 !~ /^Z/'`;
    const runs = async () => (await scenario.lab.ssh(host, left)).stdout;
    await expect.poll(runs, { timeout: 20_000 }).toBe('');
    const done = await scenario.finish();
    expect(stepOf(done, 'restore-application')?.state).toBe('done');
    expect(await scenario.addressOf()).toBe('10.77.2.10');
    // What the sync would put back serves by now.
    const abort = ['abort', 'spacetime', '--procedure', 'sync', '--by', 'ops', '--reason', 'a failover'];
    expect(await scenario.muster(abort)).toMatchObject({ code: 0 });
    await until('the sync has ended', async () => (await syncStatus()).phase === 'aborted', { timeoutMs: 60_000 });
    await scenario.expectDataOf('us-west-2');
    expect(await powerAt('us-west-2')).toEqual({ [host]: 'on', 'db-us-west-2': 'on', ...drillHosts });
  });
}, 400_000);

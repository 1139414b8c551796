/**
 * A whole run in a lab, as a test drives it: start a failover, decide, wait for what is true, look from outside.
 *
 *   const scenario = await openScenario();
 *   beforeEach(() => scenario.reset());
 *   await scenario.lab.kill('us-east-1');
 *   await scenario.startFailover();
 *   await scenario.approve();
 *   await scenario.finish();
 *   await scenario.expectDataOf('us-west-2');
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Client, Connection, type WorkflowHandle, WorkflowNotFoundError } from '@temporalio/client';
import { expect } from 'vitest';
import { workflowIdOf } from '../../../domain/playbook/procedures.ts';
import {
  type DecisionAnswer,
  endedPhases,
  type RunInput,
  type RunStatus,
  type StepStatus,
} from '../../../domain/run/run.ts';
import { connectLab } from '../../../lab/client.ts';
import { observed } from '../../../lab/demo/observed.ts';
import type { Region } from '../../../lab/layout.ts';
import { checkout, labPaths } from '../../../lab/paths.ts';
import { until as labUntil } from '../../../lab/shell.ts';
import { onceItTakesOne } from '../../../scripts/cli/temporal.ts';
import { askedAgain } from './asked-again.ts';
import { attemptOf } from './attempts.ts';
import { hostJobs } from './host-jobs.ts';
import { ownLab } from './labs.ts';
import { readFiles, readTruth } from './truth.ts';

export type Scenario = Awaited<ReturnType<typeof openScenario>>;

const over: readonly string[] = endedPhases;
export const recovery = workflowIdOf('spacetime', 'failover');

/** Of SpaceTime, or of another service of the lab. Whatever tests did before it is undone. */
export async function openScenario(service = 'spacetime') {
  const { dir, truth } = ownLab();
  const lab = connectLab(dir);
  const connection = await Connection.connect({ address: lab.state.relays.temporal, connectTimeout: '10s' });
  const client = new Client({ connection, interceptors: { workflow: [askedAgain(connection)] } });
  const handle = (): WorkflowHandle => client.workflow.getHandle(workflowIdOf(service, 'failover'));
  const jobs = hostJobs(lab);
  const observer = observed(lab);

  /**
   * The command, as typed in the third place. `json` is its output read as JSON, where it is that. A watch of a run that waits for a person
   * ends as the test does: with what it had to say.
   */
  async function muster(args: string[], env: Record<string, string> = {}) {
    const { code, stdout, stderr } = await lab.exec(['timeout', '170', join(checkout, 'scripts/muster'), ...args], {
      env,
    });
    if (code === 124) throw new Error(`muster ${args.join(' ')} went on for 170 s:\n${stdout.slice(-3_000)}${stderr}`);
    return { code, stdout, stderr, json: jsonOf(stdout) };
  }

  /** Starts it and waits for the go/no-go, unless told otherwise. */
  async function startFailover(input: Partial<RunInput> = {}, { wait = true } = {}): Promise<RunStatus | undefined> {
    const asked = { procedure: 'failover', service, by: 'tests', reason: 'a test', ...input };
    await client.workflow.start('failover', {
      taskQueue: 'muster',
      workflowId: workflowIdOf(service, 'failover'),
      args: [asked],
    });
    return wait ? await until('it waits for approval', ({ phase }) => phase === 'awaiting-approval') : undefined;
  }

  /** `muster restore`, as typed, up to its go; then it runs by itself. */
  async function restore(...words: string[]): Promise<void> {
    const asked = ['restore', service, '--by', 'ops', '--reason', 'a test', ...words];
    const { code, stderr } = await muster(asked);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    await until('it waits for approval', ({ phase }) => phase === 'awaiting-approval');
    expect(await approve()).toMatchObject({ taken: true });
  }

  /** `muster switchover` or `muster failback`, as typed, approved; then it runs by itself, or to a pause before one stage. */
  async function planned(
    verb: 'switchover' | 'failback',
    { pauseBefore }: { pauseBefore?: string } = {},
  ): Promise<void> {
    const { code, stderr } = await muster([verb, service, '--by', 'ops', '--reason', 'a test']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    await until('it waits for approval', ({ phase }) => phase === 'awaiting-approval');
    expect(await approve()).toMatchObject({ taken: true });
    if (pauseBefore !== undefined) await pausedBefore(pauseBefore);
  }

  /** Held before one stage after the other, until it is this one. */
  async function pausedBefore(title: string): Promise<void> {
    const before = 'the run is held before ';
    expect((await status()).stages.map((stage) => stage.title)).toContain(title);
    for (;;) {
      expect(await update('hold', { by: 'ops' })).toMatchObject({ taken: true });
      const held = await until('it holds', ({ needs }) => needs.some(({ what }) => what.startsWith(before)));
      // Held again, it goes on by one stage.
      if (held.needs.some(({ what }) => what === `${before}"${title}"`)) return;
    }
  }

  /** So many more writes are acknowledged. */
  async function untilWritten(more: number): Promise<void> {
    const wanted = (await observer.state()).acknowledged + more;
    await labUntil(
      `${more} more writes are acknowledged`,
      async () => (await observer.state()).acknowledged >= wanted,
      {
        timeoutMs: 30_000,
      },
    );
  }

  /** A script as root on a host; its output. */
  async function sh(host: string, script: string): Promise<string> {
    const { code, stdout, stderr } = await lab.ssh(host, script);
    if (code !== 0) throw new Error(`${host}: ${script} ended with ${code}: ${stderr}`);
    return stdout.trim();
  }

  const status = (): Promise<RunStatus> => handle().query<RunStatus>('status');

  /** Waits for the run. Ends early when the run is over without it. */
  async function until(
    what: string,
    condition: (status: RunStatus) => boolean,
    timeoutMs = 90_000,
  ): Promise<RunStatus> {
    let last: RunStatus | undefined;
    let problem: unknown;
    const limit = Date.now() + timeoutMs;
    while (Date.now() < limit) {
      last = await status().catch((error: unknown) => {
        problem = error;
        return undefined;
      });
      if (last && condition(last)) return last;
      if (last && over.includes(last.phase)) break;
      await pause(100);
    }
    throw new Error(`Never came: ${what}. ${last ? portrait(last) : String(problem)}`);
  }

  /** Payload of an approval of what stands, with every risk accepted. */
  async function approval(more: object = {}) {
    const { playbook, risks } = await status();
    return { by: 'duty-manager', decision: 'go', playbook, accept: risks.map(({ id }) => id), ...more };
  }

  /** As the command does. */
  const update = (name: string, payload: object): Promise<DecisionAnswer> =>
    onceItTakesOne(30_000, () => handle().executeUpdate<DecisionAnswer, [object]>(name, { args: [payload] }));

  async function approve(more: object = {}): Promise<DecisionAnswer> {
    return await update('approve', await approval(more));
  }

  async function approveBySignal(payload?: object): Promise<void> {
    await handle().signal('approve', payload ?? (await approval()));
  }

  async function stepState(id: string): Promise<StepStatus | undefined> {
    return stepOf(await status(), id);
  }

  /** Waits until the run is over. A run that asks for a person instead has failed this wait. */
  async function finish(phase: RunStatus['phase'] = 'done'): Promise<RunStatus> {
    const ended = await until(
      `the run ends as ${phase}`,
      (now) => over.includes(now.phase) || asksAPerson(now),
      120_000,
    );
    if (ended.phase !== phase) throw new Error(`The run should be ${phase}. ${portrait(ended)}`);
    if (phase !== 'failed') await handle().result();
    return await status();
  }

  /** Address that a name has now at the lab's name server. */
  async function addressOf(name = 'spacetime-api.company.com'): Promise<string> {
    const script = `const { Resolver } = await import('node:dns/promises'); const r = new Resolver({ timeout: 1000, tries: 3 });
      r.setServers(['${lab.state.dns}']); console.log((await r.resolve4('${name}')).join(' '))`;
    const { stdout, stderr } = await lab.exec([process.execPath, '--input-type=module', '-e', script]);
    if (stdout.trim() === '') throw new Error(`${name} has no address: ${stderr}`);
    return stdout.trim();
  }

  /** What stands at a site equals the recovery point, seen without Muster: files, rows, and the service's own answers. */
  async function expectDataOf(site: Region): Promise<void> {
    const found = await readTruth(lab, site, truth.until);
    expect(found.tables).toEqual(truth.tables);
    expect(found.answers).toEqual(truth.answers);
    expectFiles(found.files);
  }

  /** The files alone, where neither the service nor the database runs. */
  async function expectFilesOf(site: Region): Promise<void> {
    expectFiles(await readFiles(lab, site));
  }

  function expectFiles(found: readonly string[]): void {
    const wanted = new Set(truth.files);
    const there = new Set(found);
    expect({
      missing: truth.files.filter((line) => !there.has(line)).slice(0, 5),
      unexpected: found.filter((line) => !wanted.has(line)).slice(0, 5),
    }).toEqual({ missing: [], unexpected: [] });
  }

  /**
   * Ends a run that was left over, and brings the lab back to before the disaster: served from us-east-1, observed well. `rewind`:
   * with the data and the one recovery point that it was raised with.
   */
  async function reset(how: { rewind?: boolean } = {}): Promise<void> {
    const temporal = (await lab.status()).processes.find(({ name }) => name === 'temporal');
    if (temporal?.state !== 'running') await lab.temporal.start();
    const left = await endLeftOver();
    if (left) await stopWorkers(); // so that nothing of the run acts on
    await lab.reset(how);
    // Also one that a site which was cut off could not be told to give back.
    await freeLeases();
    await labUntil('SpaceTime is served from us-east-1 again', async () => (await observer.state()).state === 'ok', {
      timeoutMs: 60_000,
    });
    expect(await addressOf()).toBe('10.77.1.10');
  }

  async function endLeftOver(): Promise<boolean> {
    const running = (['failover', 'backup', 'sync', 'isolated-drill'] as const).map(async (procedure) => {
      const id = workflowIdOf(service, procedure);
      try {
        const found = client.workflow.getHandle(id);
        if ((await found.describe()).status.name !== 'RUNNING') return false;
        await found.terminate('left over by a test');
        return true;
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return false;
        throw error;
      }
    });
    return (await Promise.all(running)).includes(true);
  }

  /** A run that was terminated gave nothing back. */
  async function freeLeases(): Promise<void> {
    const plans = readdirSync(labPaths(lab.dir).plans).filter((file) => file.endsWith('.yaml'));
    for (const plan of plans) {
      const free = ['takeover', plan.slice(0, -'.yaml'.length), '--reason', 'left over by a test', '--yes'];
      const { code, stderr } = await muster(free);
      if (code !== 0) throw new Error(`The lease could not be taken over: ${stderr}`);
    }
  }

  async function stopWorkers(): Promise<void> {
    const { processes } = await lab.status();
    const workers = processes.filter(({ name }) => /^(worker|spare)-/.test(name));
    await Promise.all(workers.map(({ name }) => lab.process(name, 'kill')));
  }

  await reset({ rewind: true });
  return {
    lab,
    client,
    handle,
    jobs,
    observer,
    muster,
    startFailover,
    restore,
    planned,
    pausedBefore,
    untilWritten,
    sh,
    status,
    until,
    approval,
    approve,
    approveBySignal,
    update,
    stepState,
    finish,
    addressOf,
    expectDataOf,
    expectFilesOf,
    reset,
    stopWorkers,
    attemptOf: (step: string) => attemptOf(lab, handle(), step),
    close: () => connection.close(),
  };
}

export function stepOf(status: RunStatus, id: string): StepStatus | undefined {
  return status.stages.flatMap((stage) => stage.ranks.flat()).find((step) => step.id === id);
}

function asksAPerson({ needs }: RunStatus): boolean {
  return needs.length > 0;
}

/** Where a run stands, for a failed test. */
function portrait(status: RunStatus): string {
  const needs = status.needs.map(({ what }) => what).join('; ');
  const steps = status.stages
    .flatMap((stage) => stage.ranks.flat())
    .filter(({ state }) => state !== 'pending' && state !== 'done')
    .map(({ id, state, error }) => `${id} ${state}${error ? ` (${error.message})` : ''}`);
  return `It is ${status.phase}, needs: ${needs || 'nothing'}; ${steps.join(', ')}\n${status.timeline
    .slice(-12)
    .map(({ at, text }) => `  ${at} ${text}`)
    .join('\n')}`;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

import { writeFile } from 'node:fs/promises';
import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applySchedules, compareSchedules, describeSchedule } from '../../activities/schedules/apply.ts';
import type { RunStatus } from '../../domain/run/run.ts';
import type { Due, DueResult } from '../../domain/schedules/due.ts';
import type { WantedSchedule } from '../../domain/schedules/wanted-schedules.ts';
import { portable } from '../../lab/histories/portable.ts';
import { act, openRange, runOf, type Script, stage } from './support/range.ts';

type Range = Awaited<ReturnType<typeof openRange>>;
let range: Range;
beforeAll(async () => {
  range = await openRange();
});
afterAll(() => range.close());

const unattended = { required: false };
const quick = (id: string, input: object = {}): Script => ({
  items: [stage('one', [act(id, input)])],
  policy: unattended,
});

function dueOf(service: string, more: Partial<Due> = {}): Due {
  const base = { service, name: 'hourly', procedure: 'backup', label: 'hourly', by: 'schedule hourly' } as const;
  return { ...base, overlap: 'wait', wait: 30_000, patience: 1_000, ...more };
}

let starts = 0;
async function fall(due: Due): Promise<WorkflowHandle> {
  starts += 1;
  return await range.client.workflow.start('scheduled', {
    taskQueue: 'muster',
    workflowId: `${due.service}/${due.name}-due-${starts}`,
    args: [due],
  });
}

/** `RECORD_HISTORIES=1` keeps what was just run for the replay tests. */
async function record(name: string, handle: WorkflowHandle): Promise<void> {
  if (!process.env.RECORD_HISTORIES) return;
  const file = new URL(`../histories/${name}.json`, import.meta.url);
  await writeFile(file, portable(await handle.fetchHistory()));
}

const resultOf = (handle: WorkflowHandle) => handle.result() as Promise<DueResult>;
const lockOf = (service: string) => runOf(range.client.workflow.getHandle(`${service}/backup`));

async function until<Value>(look: () => Promise<Value | undefined | false>): Promise<Value> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const value = await look();
    if (value) return value;
    if (Date.now() > deadline) throw new Error('never came');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** A run by hand that holds the lock until its step is released. */
async function holding(service: string, type: 'backup' | 'failover', step: string): Promise<ReturnType<typeof runOf>> {
  const lock = type === 'backup' ? 'backup' : 'recovery';
  const handle = await range.client.workflow.start(type, {
    taskQueue: 'muster',
    workflowId: `${service}/${lock}`,
    args: [{ procedure: type, service, by: 'hand' }],
  });
  await until(async () => range.calls.includes(`${step}#1`));
  return runOf(handle);
}

const timelineOf = (status: RunStatus) => status.timeline.map(({ text, by }) => `${by}: ${text}`);

describe('what is due', () => {
  it("starts the run under its own id, with the schedule's label and name, and answers what became of it", async () => {
    const service = range.service(quick('due-runs'));
    const handle = await fall(dueOf(service, { backup: { kind: 'incremental' } }));
    expect(await resultOf(handle)).toMatchObject({ outcome: 'done', why: expect.stringContaining('is written') });
    expect(await lockOf(service).status()).toMatchObject({ phase: 'done', requestedBy: 'schedule hourly' });
  });

  it('waits while another run holds the lock, and then runs', async () => {
    const service = range.service(quick('held', { wait: true }));
    const other = await holding(service, 'backup', 'held');
    const handle = await fall(dueOf(service));
    const noted = await other.until((status) => timelineOf(status).some((line) => line.includes('is due and waits')));
    expect(noted.phase).toBe('executing');
    range.release('held');
    await other.result();
    expect(await resultOf(handle)).toMatchObject({ outcome: 'done' });
    await record('scheduled-waits', handle);
    expect(range.calls.filter((call) => call.startsWith('held#'))).toHaveLength(2);
  });

  it('is skipped aloud by its policy, and when it has waited long enough: a notice, and a line in the other run', async () => {
    const service = range.service(quick('in-the-way', { wait: true }));
    const other = await holding(service, 'backup', 'in-the-way');
    const skipped = await resultOf(await fall(dueOf(service, { overlap: 'skip' })));
    expect(skipped).toMatchObject({ outcome: 'skipped', why: expect.stringContaining(`${service}/backup runs`) });
    expect(range.calls).toContain(`notice skipped warning of ${service}`);
    const late = await resultOf(await fall(dueOf(service, { wait: 1_500 })));
    expect(late).toMatchObject({ outcome: 'skipped', why: expect.stringContaining('skipped after 1.5s') });
    const { timeline } = await other.status();
    expect(timeline.filter(({ by, text }) => by === 'schedule hourly' && text.includes('is skipped'))).toHaveLength(2);
    range.release('in-the-way');
    await other.result();
    expect(range.calls.filter((call) => call.startsWith('in-the-way#'))).toHaveLength(1);
  });

  it('stands aside while a recovery runs, though the lock of backups is free', async () => {
    const service = range.service(quick('recovering', { wait: true }));
    const recovery = await holding(service, 'failover', 'recovering');
    const skipped = await resultOf(await fall(dueOf(service, { overlap: 'skip' })));
    expect(skipped.why).toContain(`${service}/recovery runs`);
    const waiting = await fall(dueOf(service));
    range.release('recovering');
    await recovery.result();
    expect(await resultOf(waiting)).toMatchObject({ outcome: 'done' });
  });

  it('lets the first in line go first', async () => {
    const service = range.service(quick('queue', { wait: true }));
    const other = await holding(service, 'backup', 'queue');
    const ordinary = await fall(dueOf(service));
    const first = await range.client.workflow.start('scheduled', {
      taskQueue: 'muster',
      workflowId: `${service}/first-in-line`,
      args: [dueOf(service, { by: 'dana', first: true })],
    });
    await other.until((status) => timelineOf(status).some((line) => line.startsWith('dana: ')));
    range.rescript(service, quick('queue-2', { wait: true }));
    range.release('queue');
    await until(async () => range.calls.includes('queue-2#1'));
    expect(await lockOf(service).status()).toMatchObject({ requestedBy: 'dana' });
    range.release('queue-2');
    expect(await resultOf(first)).toMatchObject({ outcome: 'done' });
    expect(await resultOf(ordinary)).toMatchObject({ outcome: 'done' });
  });

  it('fails when its run fails: at night nobody decides on a failed step, and the lock is free again', async () => {
    const service = range.service(quick('at-night', { fail: 9 }));
    const handle = await fall(dueOf(service));
    const failure = await handle.result().catch((error: WorkflowFailedError) => error);
    expect(failure).toBeInstanceOf(WorkflowFailedError);
    expect((failure as WorkflowFailedError).cause?.message).toContain('nobody decided within 1.0s: it broke');
    expect(await lockOf(service).status()).toMatchObject({ phase: 'failed' });
    expect(range.calls).toContain(`notice step-failed danger of ${service}`);
  });

  it('is refused with words when it is not usable', async () => {
    const failure = await (await fall({ ...dueOf('svc-x'), procedure: 'tea' as never }))
      .result()
      .catch((error) => error);
    expect(failure.cause.message).toContain('muster schedules apply');
  });
});

describe('after repeated failures', () => {
  const catchUp = { after: 2, every: 900_000 };

  it('a temporary schedule tries again and again, and is gone once a backup succeeds', async () => {
    const service = range.service(quick('breaks-down', { fail: 99 }));
    const id = `${service}/catch-up`;
    const fail = async () => {
      const handle = await fall(dueOf(service, { catchUp, patience: 200 }));
      await handle.result().catch(() => {});
      return handle;
    };
    await fail();
    expect(await describeSchedule(range.client, id)).toBeUndefined();
    await record('scheduled-fails', await fail());
    const made = await describeSchedule(range.client, id);
    expect(made?.spec.intervals).toEqual([{ every: 900_000, offset: 0 }]);
    expect(made?.memo).toMatchObject({ musterService: service, temporary: true });
    expect(range.calls).toContain(`notice catch-up danger of ${service}`);
    await fail();
    expect(range.calls.filter((call) => call === `notice catch-up danger of ${service}`)).toHaveLength(1);

    range.rescript(service, quick('mended'));
    await range.client.schedule.getHandle(id).trigger();
    await until(async () => (await describeSchedule(range.client, id)) === undefined);
    expect(await lockOf(service).status()).toMatchObject({ phase: 'done', requestedBy: 'schedule catch-up' });
  });

  it("ends without a run when somebody else's backup has succeeded meanwhile", async () => {
    const service = range.service(quick('by-hand'));
    const [catching] = [dueOf(service, { name: 'catch-up', catchingUp: true, overlap: 'skip' })];
    expect(await resultOf(await fall(catching))).toMatchObject({ outcome: 'caught up' });
    expect(range.calls).not.toContain('by-hand#1');
  });
});

describe('after a look at the recovery points that failed', () => {
  const follow = { procedure: 'backup', label: 'after-incident', reason: 'a part is lost', backup: { kind: 'full' } };
  const failing = { output: { summary: 'A part is lost.', validate: 'hashes', follow } };
  const names = async (service: string) => await describeSchedule(range.client, `${service}/validation`);
  const verify = async (service: string) => {
    const handle = await range.client.workflow.start('verify', {
      taskQueue: 'muster',
      workflowId: `${service}/verify`,
      args: [{ procedure: 'verify', service, by: 'hand' }],
    });
    return (await handle.result()) as { phase: string };
  };

  it('a backup starts at once, and the points are looked at daily until a look passes', async () => {
    const service = range.service(quick('fails-the-look', failing));
    expect(await verify(service)).toMatchObject({ phase: 'done' });
    expect((await lockOf(service).result()).phase).toBe('done');
    const made = await names(service);
    expect(made?.memo).toMatchObject({ musterService: service, temporary: true });
    expect(made?.spec.intervals).toEqual([{ every: 7_200_000, offset: 0 }]);
    await verify(service); // A second one that fails finds it there.
    const handle = range.client.schedule.getHandle(`${service}/validation`);
    const due = (made?.action as { args?: [Due] } | undefined)?.args?.[0] as Due;

    range.looked(service, { due: false, at: '2026-01-02T00:00:00Z' });
    const runIdOf = async () => (await range.client.workflow.getHandle(`${service}/verify`).describe()).runId;
    const before = await runIdOf();
    expect(await resultOf(await fall(due))).toMatchObject({ outcome: 'not due' });
    expect(await runIdOf()).toBe(before);

    range.looked(service, { due: true });
    const again = await fall(due);
    expect(await resultOf(again)).toMatchObject({ outcome: 'done', why: 'A part is lost.' });
    expect(await names(service)).toBeDefined();
    const { requestedBy } = await runOf(range.client.workflow.getHandle(`${service}/verify`)).status();
    expect(requestedBy).toBe('schedule validation');

    range.rescript(service, quick('passes-the-look'));
    range.looked(service, { failing: false, due: false, why: 'the last look passed' });
    await handle.trigger();
    await until(async () => (await names(service)) === undefined);
  });

  it('leaves no schedule behind for a look that passed', async () => {
    const service = range.service(quick('all-is-good'));
    await verify(service);
    expect(await names(service)).toBeUndefined();
  });
});

describe('schedules in Temporal', () => {
  const scheduleOf = (service: string, more: Partial<Due> = {}, name = 'hourly'): WantedSchedule => ({
    id: `${service}/${name}`,
    times: { every: { every: 3_600_000, offset: 0 }, zone: 'UTC', jitter: 0 },
    catchUpWindow: 60_000,
    due: dueOf(service, { name, ...more }),
    when: 'every 1h',
    what: 'backup',
  });
  const actionsOf = async (service: string, wanted: WantedSchedule[]) =>
    (await compareSchedules(range.client, service, wanted)).map(({ id, action }) => `${action} ${id.split('/')[1]}`);
  const apply = async (service: string, wanted: WantedSchedule[]) =>
    applySchedules(range.client, service, wanted, await compareSchedules(range.client, service, wanted));

  it('are made, found the same, changed and removed; a pause by hand stays, and what others made is left alone', async () => {
    const service = range.service(quick('never-by-itself'));
    const calendar = { minute: [15], hour: [2, 14], dayOfMonth: [1, 2, 3], month: [1, 12], dayOfWeek: [0, 6] };
    const daily = { ...scheduleOf(service, {}, 'daily'), times: { calendar, zone: 'Europe/Berlin', jitter: 5_000 } };
    const both = [scheduleOf(service), daily];
    expect(await actionsOf(service, both)).toEqual(['create hourly', 'create daily']);
    await apply(service, both);
    expect(await actionsOf(service, both)).toEqual(['keep hourly', 'keep daily']);

    const handle = range.client.schedule.getHandle(`${service}/hourly`);
    expect((await handle.describe()).state.note).toMatch(/^By the plan of .*To begin it now: Trigger/);
    await handle.pause('by hand');
    await range.client.schedule.getHandle(`${service}/daily`).update((there) => ({
      ...there,
      spec: { ...there.spec, calendars: [{ hour: 3 }] },
    }));
    const changed = [{ ...scheduleOf(service), catchUpWindow: 120_000 }, daily];
    expect(await actionsOf(service, changed)).toEqual(['change hourly', 'change daily']);
    await apply(service, changed);
    expect(await actionsOf(service, changed)).toEqual(['keep hourly', 'keep daily']);
    expect((await handle.describe()).state).toMatchObject({ paused: true, note: 'by hand' });

    // One that was made before Schedules had notes gets its own.
    await handle.update((there) => ({ ...there, state: { paused: true, note: '' } }));
    expect(await compareSchedules(range.client, service, changed)).toContainEqual(
      expect.objectContaining({ id: `${service}/hourly`, action: 'change', why: 'note' }),
    );
    await apply(service, changed);
    expect((await handle.describe()).state).toMatchObject({
      paused: true,
      note: expect.stringMatching(/^By the plan of /),
    });

    await range.client.schedule.create({
      scheduleId: `${service}/foreign`,
      spec: { intervals: [{ every: '1d' }] },
      action: { type: 'startWorkflow', workflowType: 'x', taskQueue: 'x' },
    });
    const foreign = scheduleOf(service, {}, 'foreign');
    expect(await actionsOf(service, [...changed, foreign])).toEqual(['keep hourly', 'keep daily', 'leave foreign']);
    await until(async () => (await actionsOf(service, [])).length === 2);
    expect(await actionsOf(service, [])).toEqual(['remove daily', 'remove hourly']);
    await apply(service, []);
    await until(async () => (await actionsOf(service, [])).length === 0);
    expect(await describeSchedule(range.client, `${service}/foreign`)).toBeDefined();
  });

  it('back up what has changed, and skip what has not', async () => {
    const service = range.service(quick('on-change'));
    await apply(service, [scheduleOf(service, { onChange: true })]);
    const handle = range.client.schedule.getHandle(`${service}/hourly`);
    const outcomes = async (count: number) => {
      await handle.trigger('BUFFER_ONE');
      const ran = await until(async () => {
        const { recentActions, runningActions } = (await handle.describe()).info;
        return recentActions.length === count && runningActions.length === 0 && recentActions;
      });
      const { workflowId } = ran.at(-1)?.action.workflow ?? { workflowId: '' };
      return (await (range.client.workflow.getHandle(workflowId).result() as Promise<DueResult>)).outcome;
    };
    expect(await outcomes(1)).toBe('done');
    expect(await outcomes(2)).toBe('unchanged');
    range.write(service, 'as it is now');
    expect(await outcomes(3)).toBe('done');
    expect(await outcomes(4)).toBe('unchanged');
    expect(range.calls.filter((call) => call === 'on-change#1')).toHaveLength(2);
    await handle.delete();
  });
});

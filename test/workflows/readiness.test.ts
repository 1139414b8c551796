/** Looks at readiness by a real Schedule on a real server: where they are made, what people are told of, and what the server itself is asked. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { schedules } from '../../activities/readiness/checks/schedules.ts';
import { workers } from '../../activities/readiness/checks/workers.ts';
import { applySchedules, compareSchedules } from '../../activities/schedules/apply.ts';
import { scheduleSchema } from '../../domain/plan/schedules.ts';
import type { Lacking } from '../../domain/readiness/readiness.ts';
import type { LookAnswer } from '../../domain/readiness/scheduled.ts';
import type { WantedLook } from '../../domain/readiness/wanted-looks.ts';
import { scheduleId } from '../../domain/schedules/wanted-schedules.ts';
import { aLook, found } from '../activities/readiness/a-look.ts';
import { spacetimePlan } from '../support/plan.ts';
import { stepContext } from '../support/step-context.ts';
import { openRange } from './support/range.ts';
import { recordHistory } from './support/record.ts';

let range: Awaited<ReturnType<typeof openRange>>;
beforeAll(async () => {
  range = await openRange();
});
afterAll(() => range.close());

const look = (service: string): WantedLook => ({
  id: scheduleId(service, 'readiness'),
  times: { every: { every: 86_400_000, offset: 0 }, zone: 'UTC', jitter: 0 },
  catchUpWindow: 3_600_000,
  look: { service, standby: 'west', queues: { west: 'muster-west', east: 'muster-east' }, fallback: 'muster-fallback' },
  when: 'every 1d',
  what: 'a look at readiness',
});

async function until<Value>(seen: () => Promise<Value | undefined | false>): Promise<Value> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const value = await seen();
    if (value) return value;
    if (Date.now() > deadline) throw new Error('never came');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Begins the Schedule's next look, and waits for its answer. */
async function nextLook(service: string, before: number, record?: string): Promise<LookAnswer> {
  const handle = range.client.schedule.getHandle(scheduleId(service, 'readiness'));
  await handle.trigger('BUFFER_ONE');
  // What one look left is handed to the next once the Schedule knows that it has ended.
  const begun = await until(async () => {
    const { recentActions, runningActions } = (await handle.describe()).info;
    return recentActions.length > before && runningActions.length === 0 && recentActions.at(-1)?.action.workflow;
  });
  const { workflowId, firstExecutionRunId } = begun;
  const run = range.client.workflow.getHandle(workflowId, firstExecutionRunId);
  const answer = (await run.result()) as LookAnswer;
  if (record) await recordHistory(record, run);
  return answer;
}

const late: Lacking = { level: 'late', id: 'review', what: 'the review was due', mend: 'review it' };
const missing: Lacking = {
  level: 'missing',
  id: 'opens-point',
  what: 'west cannot open it',
  mend: 'muster keys rotate shop',
};

it('tells people once that something became worse, and once that all is well again, with a memory from look to look', async () => {
  const service = range.service({ items: [] });
  const wanted = [look(service)];
  await applySchedules(range.client, service, wanted, await compareSchedules(range.client, service, wanted));
  expect(await compareSchedules(range.client, service, wanted)).toMatchObject([{ action: 'keep' }]);
  const looks = [[late], [late], [late, missing], [missing], [], []];
  const told: string[][] = [];
  for (const [index, lacking] of looks.entries()) {
    range.finds(service, { standby: 'west', ready: lacking.length === 0, score: 100 - 10 * lacking.length, lacking });
    const from = range.calls.length;
    const answer = await nextLook(service, index, index === 2 ? 'readiness' : undefined);
    expect(answer).toMatchObject({ outcome: lacking.length === 0 ? 'ready' : 'not ready', standby: 'west' });
    told.push(range.calls.slice(from).filter((call) => call.includes(service)));
  }
  const looked = `look ${service} on muster-west`;
  expect(told).toEqual([
    [looked, `notice less-ready warning of ${service}`],
    [looked],
    [looked, `notice less-ready danger of ${service}`],
    [looked],
    [looked, `notice ready-again info of ${service}`],
    [looked],
  ]);
});

it('is made by any worker where the standby has none, stands aside for a recovery, and keeps what it knew', async () => {
  const service = range.service({ items: [] });
  const wanted = { ...look(service), look: { ...look(service).look, standby: 'east' } };
  await applySchedules(range.client, service, [wanted], await compareSchedules(range.client, service, [wanted]));
  range.finds(service, { standby: 'east', ready: false, score: 92, lacking: [late] });
  expect(await nextLook(service, 0)).toMatchObject({ outcome: 'not ready', told: { review: 'late' } });
  expect(range.calls).toContain(`look ${service} on muster-fallback`);
  const held = { level: 'missing', id: 'LeaseHeld', what: 'a failover runs' } as const;
  range.finds(service, { standby: 'east', ready: false, score: 50, lacking: [held], standsAside: 'a failover runs' });
  const from = range.calls.length;
  expect(await nextLook(service, 1)).toMatchObject({ outcome: 'stands aside', told: { review: 'late' } });
  expect(range.calls.slice(from).filter((call) => call.startsWith('notice') && call.includes(service))).toEqual([]);
});

it('the server knows whether a worker polls the queue of the region that survives', async () => {
  const plan = await spacetimePlan();
  const [, standby] = Object.values(plan.sites);
  const context = await stepContext({ plan });
  Object.assign(standby ?? {}, { region: 'west' });
  const asked = (more: object = {}) => aLook(context, { temporal: range.client, now: new Date(), ...more });
  await until(async () => (await found(workers, asked({ queue: 'muster-west' }))).state === 'good');
  expect((await found(workers, asked({ queue: 'muster-fallback' }))).lacks).toEqual(['unknown vantage']);
  Object.assign(standby ?? {}, { region: 'nowhere' });
  expect((await found(workers, asked())).lacks).toEqual(['missing workers']);
  expect((await found(workers, asked({ temporal: undefined }))).lacks).toEqual(['unknown workers']);
});

it('schedules that are not in place, and one that somebody paused and forgot, are named', async () => {
  const service = range.service({ items: [] });
  const plan = { ...(await spacetimePlan()), service, drills: [], reports: undefined };
  plan.schedules = [scheduleSchema.parse({ name: 'daily', cron: '0 2 * * *' })];
  const asked = aLook(await stepContext({ plan }), { temporal: range.client });
  expect((await found(schedules, asked)).lacks).toEqual(['late schedule-daily']);
  const { wantedSchedules } = await import('../../domain/schedules/wanted-schedules.ts');
  const wanted = wantedSchedules(plan);
  await applySchedules(range.client, service, wanted, await compareSchedules(range.client, service, wanted));
  expect((await found(schedules, asked)).lacks).toEqual([]);
  await range.client.schedule.getHandle(scheduleId(service, 'daily')).pause('moving the database');
  const { lacks, lacking } = await found(schedules, asked);
  expect(lacks).toEqual(['late paused-daily']);
  expect(lacking[0]).toMatchObject({
    what: `${service}/daily is paused: moving the database`,
    mend: `muster schedules unpause ${service} daily`,
  });
});

it('a schedule that somebody paused and forgot is told to people by the next look, and that it goes on again too', async () => {
  const service = range.service({ items: [] });
  const plan = { ...(await spacetimePlan()), service, drills: [], reports: undefined };
  plan.schedules = [scheduleSchema.parse({ name: 'daily', cron: '0 2 * * *' })];
  const { wantedSchedules } = await import('../../domain/schedules/wanted-schedules.ts');
  const all = [...wantedSchedules(plan), look(service)];
  await applySchedules(range.client, service, all, await compareSchedules(range.client, service, all));
  const daily = range.client.schedule.getHandle(scheduleId(service, 'daily'));
  const asked = aLook(await stepContext({ plan }), { temporal: range.client });
  /** What the look finds is what the check has found on the server. */
  const looked = async (turn: number) => {
    const { lacking } = await found(schedules, asked);
    range.finds(service, { standby: 'west', ready: lacking.length === 0, score: 100, lacking });
    const from = range.calls.length;
    await nextLook(service, turn);
    return range.calls.slice(from).filter((call) => call.includes(service) && call.startsWith('notice'));
  };
  expect(await looked(0)).toEqual([]);
  await daily.pause('moving the database');
  expect(await looked(1)).toEqual([`notice less-ready warning of ${service}`]);
  expect(await looked(2)).toEqual([]);
  await daily.unpause();
  expect(await looked(3)).toEqual([`notice ready-again info of ${service}`]);
});

/** Reports of a month and a quarter by real Schedules on a real server: which period they are of, who is told what, and what is tried again. */
import { ApplicationFailure } from '@temporalio/activity';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { schedules } from '../../activities/readiness/checks/schedules.ts';
import { applySchedules, compareSchedules } from '../../activities/schedules/apply.ts';
import { periodAsked } from '../../domain/period/period.ts';
import type { MadePeriod, PeriodAnswer, PeriodInput } from '../../domain/period/scheduled.ts';
import { wantedReports } from '../../domain/period/wanted-reports.ts';
import { reportsSchema } from '../../domain/plan/reports.ts';
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

const everywhere: MadePeriod = {
  places: ['east: periods/period.html', 'west: periods/period.html'],
  missed: [],
  told: '2 of 2 objectives met; no open findings',
};
const eastOnly = { ...everywhere, places: ['east: periods/period.html'], missed: ['west: it did not answer'] };
const nowhere = { ...everywhere, places: [], missed: ['east: it did not answer', 'west: it did not answer'] };

/** What becomes of a report, try by try; the last goes on. */
function becomes(...tries: MadePeriod[]): string {
  const service = range.service({ items: [] });
  let count = 0;
  range.makes(service, () => {
    count += 1;
    return tries[Math.min(count, tries.length) - 1] as MadePeriod;
  });
  return service;
}

const begin = (service: string, more: Partial<PeriodInput> = {}) =>
  range.client.workflow.start('periodReport', {
    taskQueue: 'muster',
    workflowId: `${service}/report-month`,
    args: [{ service, period: '2026-10', again: 50, tries: 3, ...more }],
  });
const answerOf = (handle: { result(): Promise<unknown> }) => handle.result() as Promise<PeriodAnswer>;
const toldOf = (service: string) => range.toldOf(service).map(({ event, severity, text }) => [event, severity, text]);
const madeFor = (service: string) => range.calls.filter((call) => call.startsWith('report ') && call.includes(service));

it('the Schedules of a plan make the reports of the month and the quarter that ended last, and people are told where they lie', async () => {
  const service = becomes(everywhere);
  const plan = { ...(await spacetimePlan()), service, schedules: [], drills: [] };
  plan.reports = reportsSchema.parse({ estate: true });
  const wanted = wantedReports(plan);
  const asked = aLook(await stepContext({ plan }), { temporal: range.client });
  expect((await found(schedules, asked)).lacks).toEqual(['late schedule-report-month', 'late schedule-report-quarter']);
  await applySchedules(range.client, service, wanted, await compareSchedules(range.client, service, wanted));
  expect((await compareSchedules(range.client, service, wanted)).map(({ action }) => action)).toEqual(['keep', 'keep']);
  expect((await found(schedules, asked)).lacks).toEqual([]);
  const before = Date.now();
  const answers: PeriodAnswer[] = [];
  for (const { id } of wanted) answers.push(await triggered(id));
  const names = ['last-month', 'last-quarter'].map((word) => periodAsked(word, before).name);
  expect(answers).toMatchObject(names.map((period) => ({ outcome: 'stored', period, places: everywhere.places })));
  expect(madeFor(service)).toEqual(names.map((name) => `report ${name} of ${service} and the estate`));
  expect(toldOf(service)).toEqual(
    names.map((name) => [
      'period-report',
      'info',
      `${service}: the report of ${name} lies at ${everywhere.places.join(', ')}. ${everywhere.told}`,
    ]),
  );
  await range.client.schedule.getHandle(`${service}/report-month`).pause('not now');
  expect((await found(schedules, asked)).lacks).toEqual(['late paused-report-month']);
});

it('what was due earlier and is made up for is of the period before that time', async () => {
  const service = becomes(everywhere);
  const plan = { ...(await spacetimePlan()), service, reports: reportsSchema.parse({ quarter: false }) };
  const wanted = wantedReports(plan);
  await applySchedules(range.client, service, wanted, await compareSchedules(range.client, service, wanted));
  const handle = range.client.schedule.getHandle(`${service}/report-month`);
  await handle.backfill({
    start: new Date('2026-03-01T00:00Z'),
    end: new Date('2026-03-31T00:00Z'),
    overlap: 'BUFFER_ALL',
  });
  await until(() => toldOf(service).length === 1);
  expect(madeFor(service)).toEqual([`report 2026-02 of ${service}`]);
});

it('a place that does not take it is told of once, and tried until it does', async () => {
  const service = becomes(nowhere, eastOnly, everywhere);
  const handle = await begin(service, { tries: 9 });
  expect(await answerOf(handle)).toMatchObject({ outcome: 'stored', places: everywhere.places });
  await recordHistory('period-report', handle);
  expect(madeFor(service)).toHaveLength(3);
  expect(toldOf(service)).toEqual([
    [
      'period-not-stored',
      'danger',
      `${service}: the report of 2026-10 lies nowhere: east: it did not answer; west: it did not answer. It is tried again every 50ms; by hand: muster report ${service} --period 2026-10 --store`,
    ],
    ['period-report', 'info', expect.stringContaining('lies at east: periods/period.html, west: ')],
  ]);
});

it('what only some places have is said in the end, and a report that lies nowhere fails', async () => {
  const partly = becomes(eastOnly);
  expect(await answerOf(await begin(partly))).toMatchObject({ outcome: 'partly stored', places: eastOnly.places });
  expect(madeFor(partly)).toHaveLength(3);
  expect(toldOf(partly).map(([event, severity]) => `${event} ${severity}`)).toEqual([
    'period-not-stored warning',
    'period-report info',
  ]);
  expect(toldOf(partly)[1]?.[2]).toContain('lies only at east: periods/period.html: west: it did not answer');

  const lost = range.service({ items: [] });
  range.makes(lost, () => {
    throw ApplicationFailure.nonRetryable('The signing key of the plan is not here.', 'SecretMissing');
  });
  const failure = await answerOf(await begin(lost)).catch((error) => error);
  expect(failure.cause.message).toBe('the report of 2026-10 lies nowhere: The signing key of the plan is not here.');
  expect(toldOf(lost)).toEqual([
    ['period-not-stored', 'danger', expect.stringContaining('The signing key of the plan is not here.')],
  ]);
});

it('what names no month and no quarter is refused with words', async () => {
  const service = becomes(everywhere);
  const failure = await answerOf(await begin(service, { period: 'last-year' })).catch((error) => error);
  expect(failure.cause.message).toContain('no month or quarter');
  expect(madeFor(service)).toEqual([]);
});

/** Begins what a Schedule begins, and waits for its answer. */
async function triggered(id: string): Promise<PeriodAnswer> {
  const handle = range.client.schedule.getHandle(id);
  await handle.trigger('BUFFER_ONE');
  const { workflowId, firstExecutionRunId } = await until(
    async () => (await handle.describe()).info.recentActions.at(-1)?.action.workflow,
  );
  return await answerOf(range.client.workflow.getHandle(workflowId, firstExecutionRunId));
}

async function until<Value>(seen: () => Value | Promise<Value>): Promise<NonNullable<Value>> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const value = await seen();
    if (value) return value;
    if (Date.now() > deadline) throw new Error('never came');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

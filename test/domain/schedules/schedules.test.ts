import { describe, expect, test } from 'vitest';
import { brokenReferences } from '../../../domain/plan/references.ts';
import { catchUpSchema, scheduleSchema } from '../../../domain/plan/schedules.ts';
import { parseCron } from '../../../domain/schedules/cron.ts';
import { catchUpSchedule, wantedSchedules } from '../../../domain/schedules/wanted-schedules.ts';
import { spacetimePlan } from '../../support/plan.ts';

const upTo = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe('a cron line', () => {
  test.each([
    ['0 2 * * *', { minute: [0], hour: [2], dayOfMonth: upTo(1, 31), month: upTo(1, 12), dayOfWeek: upTo(0, 6) }],
    ['15 * * * *', { minute: [15], hour: upTo(0, 23) }],
    ['*/15 0-6/2 * * *', { minute: [0, 15, 30, 45], hour: [0, 2, 4, 6] }],
    ['0 4 * * 0', { dayOfWeek: [0], dayOfMonth: upTo(1, 31) }],
    ['0 4 * * 7', { dayOfWeek: [0] }],
    ['0 4 * * mon-fri', { dayOfWeek: [1, 2, 3, 4, 5] }],
    ['0 4 1,15 jan,JUL *', { dayOfMonth: [1, 15], month: [1, 7] }],
    ['5/20 * * * *', { minute: [5, 25, 45] }],
    ['0 5 * * 0#1', { dayOfWeek: [0], dayOfMonth: [1, 2, 3, 4, 5, 6, 7] }],
    ['0 10 * 1,4,7,10 sat#5', { dayOfWeek: [6], dayOfMonth: [29, 30, 31], month: [1, 4, 7, 10] }],
    ['@daily', { minute: [0], hour: [0] }],
  ])('%s', (line, times) => {
    expect(parseCron(line)).toMatchObject(times);
  });

  test.each([
    ['0 2 * *', 'it has 4 fields'],
    ['60 2 * * *', '60 is not between 0 and 59'],
    ['0 5 1-7 * 0', 'some read as "or" and some as "and"'],
    ['0 5 * * 0#6', 'not one weekday with its number'],
    ['0 5 * * *#1', 'not one weekday with its number'],
    ['0 5-2 * * *', 'not between 0 and 23'],
    ['0 */0 * * *', 'not between 0 and 23'],
    ['0 tea * * *', 'tea is not between'],
    ['0 1-2-3 * * *', 'not between'],
    ['0 1, * * *', 'an empty field'],
  ])('%s is refused: %s', (line, why) => {
    expect(() => parseCron(line)).toThrow(why);
  });
});

describe('a schedule of a plan', () => {
  const problems = (schedule: object) =>
    scheduleSchema.safeParse({ name: 'x', every: '1h', ...schedule }).error?.issues.map(({ message }) => message) ?? [];

  test('has one of cron and every, a zone that exists, and no procedure that needs a go', () => {
    expect(problems({})).toEqual([]);
    expect(problems({ cron: '0 2 * * *' })).toEqual([expect.stringContaining('either cron or every')]);
    expect(problems({ every: undefined })).toEqual([expect.stringContaining('either cron or every')]);
    expect(problems({ cron: '0 5 1-7 * 0', every: undefined })).toEqual([expect.stringContaining('0 5 * * 0#1')]);
    expect(problems({ zone: 'Mars/Olympus' })).toEqual([expect.stringContaining('Europe/Berlin')]);
    expect(problems({ procedure: 'failover' })).toEqual([expect.stringContaining('needs a go')]);
    expect(problems({ name: 'catch-up' })).toEqual([expect.stringContaining("Muster's own")]);
    expect(problems({ offset: '1h' })).toEqual([expect.stringContaining('shorter than every')]);
    expect(problems({ backup: { kind: 'half' } })).toHaveLength(1);
    expect(catchUpSchema.safeParse({ every: '5s' }).success).toBe(false);
  });

  test('names components that are there, and has a name of its own', async () => {
    const plan = {
      components: [{ name: 'database' }],
      schedules: [{ name: 'a' }, { name: 'a', backup: { components: ['db'] } }],
    };
    const found = brokenReferences(plan).filter(({ path }) => path[0] === 'schedules');
    expect(found.map(({ fact }) => fact)).toEqual(['a schedule a stands already above', 'there is no component db']);
  });

  test("SpaceTime's are those of its runbook", async () => {
    const wanted = wantedSchedules(await spacetimePlan());
    expect(wanted.map(({ id, what, when }) => `${id}: ${what}; ${when}`)).toEqual([
      'spacetime/daily: backup full, labelled daily; 0 2 * * * UTC',
      'spacetime/hourly: backup incremental, labelled hourly; 15 * * * * UTC',
      'spacetime/weekly: backup full, labelled weekly; 0 4 * * 0 UTC',
      'spacetime/monthly: backup full, labelled monthly; 0 5 * * 0#1 UTC',
      'spacetime/verification: verify {"all":true,"days":30}; 0 3 * * * UTC',
      'spacetime/database: backup full of database, labelled database; every 6h + 50m',
      'spacetime/on-change: backup full of configuration, certificates, labelled configuration, when changed; every 10m',
      'spacetime/retention: retention {"apply":true}; 30 6 * * * UTC',
      'spacetime/drill-monthly-verification: drill monthly-verification (restore-test); 0 9 * * 0#1 UTC',
      'spacetime/drill-monthly-partial: drill monthly-partial (partial-restore); 0 11 * * 0#1 UTC',
      'spacetime/drill-quarterly: drill quarterly (isolated); 0 10 * 1,4,7,10 6#1 UTC',
      'spacetime/drill-quarterly-notice: tell of drill quarterly (isolated); 14d and 1d before',
    ]);
    // "First Saturday of each quarter at 10:00 UTC".
    const quarterly = wanted.find(({ id }) => id === 'spacetime/drill-quarterly');
    const firstSaturday = { dayOfMonth: upTo(1, 7), dayOfWeek: [6], month: [1, 4, 7, 10], hour: [10], minute: [0] };
    expect(quarterly?.times.calendar).toEqual(firstSaturday);
    expect(quarterly?.due).toMatchObject({ procedure: 'drill', drill: { name: 'quarterly' }, overlap: 'wait' });
    expect(wanted[3]?.times.calendar).toMatchObject({ dayOfMonth: upTo(1, 7), dayOfWeek: [0], hour: [5], minute: [0] });
    expect(wanted[1]?.due).toMatchObject({
      overlap: 'wait',
      wait: 1_800_000,
      patience: 900_000,
      catchUp: { after: 2 },
    });
  });

  test('that failed again and again is tried more often by a temporary one, which never waits', async () => {
    const [, hourly] = wantedSchedules(await spacetimePlan());
    const temporary = catchUpSchedule((hourly as NonNullable<typeof hourly>).due, { every: 900_000 });
    expect(temporary).toMatchObject({ id: 'spacetime/catch-up', times: { every: { every: 900_000, offset: 0 } } });
    expect(temporary.due).toMatchObject({
      overlap: 'skip',
      catchingUp: true,
      backup: { kind: 'incremental' },
      label: 'hourly',
    });
    expect(temporary.due.catchUp).toBeUndefined();
  });
});

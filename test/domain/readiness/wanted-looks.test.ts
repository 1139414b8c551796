/** The Schedule of looks that a plan wants, and what it may not be called. */
import { expect, it } from 'vitest';
import { readinessSchema } from '../../../domain/plan/readiness.ts';
import { brokenReferences } from '../../../domain/plan/references.ts';
import { wantedLooks } from '../../../domain/readiness/wanted-looks.ts';
import { everySchedule } from '../../../domain/schedules/every-schedule.ts';
import { spacetimePlan } from '../../support/plan.ts';

it('there is one only where the plan says when, and it asks in the region of the standby first', async () => {
  const plan = await spacetimePlan();
  expect(wantedLooks(plan)).toEqual([]);
  expect(wantedLooks({ ...plan, readiness: readinessSchema.parse({}) })).toEqual([]);
  const [look, ...more] = wantedLooks({ ...plan, readiness: readinessSchema.parse({ every: '1h', jitter: '5m' }) });
  expect(more).toEqual([]);
  expect(look).toMatchObject({
    ...{
      id: 'spacetime/readiness',
      when: 'every 1h',
      times: { every: { every: 3_600_000, offset: 0 }, jitter: 300_000 },
    },
    look: {
      ...{ service: 'spacetime', standby: 'us-west-2', fallback: 'muster-fallback' },
      queues: { 'us-east-1': 'muster-us-east-1', 'us-west-2': 'muster-us-west-2' },
    },
  });
  const daily = { ...plan, readiness: readinessSchema.parse({ cron: '0 7 * * *', zone: 'Europe/Berlin' }) };
  expect(everySchedule(daily)).toHaveLength(everySchedule(plan).length + 1);
  expect(everySchedule(daily).at(-1)).toMatchObject({
    when: '0 7 * * * Europe/Berlin',
    times: { zone: 'Europe/Berlin' },
  });
});

it('it has either cron or every, and limits that come in their order', () => {
  const wrong = (block: object) =>
    readinessSchema
      .safeParse(block)
      .error?.issues.map(({ message }) => message)
      .join();
  expect(wrong({ every: '1h', cron: '0 7 * * *' })).toContain('either cron or every');
  expect(wrong({ certificates: { warn: '7d', bad: '30d' } })).toContain('bad comes after warn');
  expect(wrong({ cron: 'at seven' })).toContain('this is no time that can be kept');
  expect(wrong({ every: '6h' })).toBeUndefined();
});

it('no schedule of the plan has its name while it looks by itself', () => {
  const facts = (readiness: object | undefined) =>
    brokenReferences({ schedules: [{ name: 'readiness', every: '1h' }], readiness })
      .map(({ path, fact }) => `${path.join('.')}: ${fact}`)
      .filter((line) => line.includes('readiness'));
  expect(facts({ every: '1h' })).toEqual([
    'schedules.0.name: readiness is the name of the looks at readiness, which this plan has too',
  ]);
  expect(facts({})).toEqual([]);
  expect(facts(undefined)).toEqual([]);
});

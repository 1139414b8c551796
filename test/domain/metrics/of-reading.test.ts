import { expect, test } from 'vitest';
import { reportSamples, temporalSamples } from '../../../domain/metrics/of-reading.ts';
import { spacetimePlan } from '../../support/plan.ts';

test('a schedule that is paused or not in place, and a site nobody works for, are said; a silent server only as such', async () => {
  const plan = await spacetimePlan();
  const found = temporalSamples(plan, {
    schedules: {
      hourly: { paused: true, since: 5_000 },
      daily: { paused: false, since: 5_000 },
      'report-month': { paused: true, since: 5_000 },
    },
    pollers: { 'muster-us-east-1': 2, 'muster-us-west-2': 0 },
  });
  const values = (name: string, label: string) =>
    Object.fromEntries(
      found.filter((each) => each.name === name).map(({ labels, value }) => [labels[label as 'service'], value]),
    );
  expect(values('muster_temporal_up', 'service')).toEqual({ spacetime: 1 });
  expect(values('muster_schedule_paused', 'schedule')).toEqual({ hourly: 1, daily: 0, 'report-month': 1 });
  expect(values('muster_schedule_in_place', 'schedule')).toMatchObject({
    hourly: 1,
    daily: 1,
    weekly: 0,
    retention: 0,
    'report-month': 1,
    'report-quarter': 0,
  });
  expect(values('muster_schedule_created_timestamp_seconds', 'schedule')).toEqual({
    hourly: 5,
    daily: 5,
    'report-month': 5,
  });
  expect(values('muster_queue_pollers', 'role')).toEqual({ primary: 2, standby: 0 });
  expect(temporalSamples(plan, undefined)).toEqual([
    { name: 'muster_temporal_up', labels: { service: 'spacetime' }, value: 0 },
  ]);
});

test('a Schedule of reports came to something when its newest one was left, and one that nobody has seen to nothing', async () => {
  const plan = await spacetimePlan();
  expect(reportSamples(plan, { month: 7_000 })).toEqual([
    {
      name: 'muster_schedule_last_success_timestamp_seconds',
      labels: { service: 'spacetime', schedule: 'report-month', procedure: 'report' },
      value: 7,
    },
  ]);
  expect(reportSamples({ ...plan, reports: undefined }, { month: 7_000 })).toEqual([]);
});

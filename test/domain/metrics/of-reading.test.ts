import { expect, test } from 'vitest';
import { temporalSamples } from '../../../domain/metrics/of-reading.ts';
import { spacetimePlan } from '../../support/plan.ts';

test('a schedule that is paused or not in place, and a site nobody works for, are said; a silent server only as such', async () => {
  const plan = await spacetimePlan();
  const found = temporalSamples(plan, {
    schedules: { hourly: { paused: true, since: 5_000 }, daily: { paused: false, since: 5_000 } },
    pollers: { 'muster-us-east-1': 2, 'muster-us-west-2': 0 },
  });
  const values = (name: string, label: string) =>
    Object.fromEntries(
      found.filter((each) => each.name === name).map(({ labels, value }) => [labels[label as 'service'], value]),
    );
  expect(values('muster_temporal_up', 'service')).toEqual({ spacetime: 1 });
  expect(values('muster_schedule_paused', 'schedule')).toEqual({ hourly: 1, daily: 0 });
  expect(values('muster_schedule_in_place', 'schedule')).toMatchObject({
    hourly: 1,
    daily: 1,
    weekly: 0,
    retention: 0,
  });
  expect(values('muster_schedule_created_timestamp_seconds', 'schedule')).toEqual({ hourly: 5, daily: 5 });
  expect(values('muster_queue_pollers', 'role')).toEqual({ primary: 2, standby: 0 });
  expect(temporalSamples(plan, undefined)).toEqual([
    { name: 'muster_temporal_up', labels: { service: 'spacetime' }, value: 0 },
  ]);
});

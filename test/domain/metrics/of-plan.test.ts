import { expect, test } from 'vitest';
import { planSamples } from '../../../domain/metrics/of-plan.ts';
import { spacetimePlan } from '../../support/plan.ts';

test('a plan says what was promised and how often something is due, so that rules need no numbers of their own', async () => {
  const plan = await spacetimePlan();
  const found = planSamples(plan, '1.0', { 'us-east-1': 1_000, offline: undefined });
  const values = (name: string) =>
    Object.fromEntries(
      found
        .filter((each) => each.name === name)
        .map(({ labels: { service, ...own }, value }) => [Object.values(own).join(' '), value]),
    );
  expect(found[0]).toEqual({
    name: 'backup_system_info',
    labels: { service: 'spacetime', version: '1.0', target_rto: '1800', target_rpo: '3600' },
    value: 1,
  });
  expect(values('backup_rpo_objective_seconds')).toMatchObject({ database: 3_600, logs: 3_600 });
  expect(values('backup_rto_objective_seconds')).toMatchObject({ failover: 1_800, failback: 3_600, backup: 1_800 });
  expect(values('backup_expected_period_seconds')).toMatchObject({ database: 3_600, application: 3_600 });
  expect(values('muster_schedule_period_seconds')).toEqual({
    'daily backup backup': 86_400,
    'hourly backup backup': 3_600,
    'weekly backup backup': 604_800,
    'monthly backup backup': 35 * 86_400,
    'verification verify other': 86_400,
    'database backup backup': 21_600,
    'retention retention other': 86_400,
    'drill-monthly-verification drill drill': 35 * 86_400,
    'drill-monthly-partial drill drill': 35 * 86_400,
    'drill-quarterly drill drill': 98 * 86_400,
    'report-month report other': 31 * 86_400,
    'report-quarter report other': 92 * 86_400,
  });
  expect(values('backup_certificate_expiry_timestamp_seconds')).toEqual({ 'us-east-1': 1, offline: 0 });
});

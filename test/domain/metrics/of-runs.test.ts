import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type RunFact, runFact, runSamples } from '../../../domain/metrics/of-runs.ts';
import type { Report } from '../../../domain/report/report.ts';
import { aReport } from '../report/a-report.ts';

const now = Date.parse('2026-02-01T12:00:00.000Z');
const hour = 3_600_000;
const about = {
  service: 'spacetime',
  components: ['database', 'files'],
  schedules: [{ name: 'hourly', procedure: 'backup' as const }],
  promises: ['failover', 'partial-recovery'],
};
const row = (component: string, done = true, kind?: 'full' | 'incremental') => ({
  ...{ component, driver: 'files', step: `capture-${component}`, done, took: 60_000 },
  ...(kind ? { kind } : {}),
});

function fact(ago: number, parts: Partial<Report> = {}): RunFact {
  const ended = new Date(now - ago).toISOString();
  return { ...runFact(aReport(ended, { components: [row('database', true, 'full')], ...parts })), run: `r${ago}` };
}

const samples = (runs: RunFact[], counted = true) => runSamples(about, runs, counted, now);
const value = (found: ReturnType<typeof samples>, name: string, labels: Record<string, string> = {}) =>
  found.find(
    (each) => each.name === name && Object.entries(labels).every(([label, wanted]) => each.labels[label] === wanted),
  )?.value;

describe('what runs say', () => {
  test('backups are counted by component, kind and end, with reports of older builds', () => {
    const found = samples([
      fact(4 * hour),
      fact(3 * hour, { components: [row('database', true, 'incremental'), row('files', false, 'incremental')] }),
      fact(2 * hour, { components: [row('database')], result: 'failed' }),
      fact(hour, { components: undefined, result: 'failed' }),
    ]);
    const total = (labels: Record<string, string>) => value(found, 'backup_completed_total', labels);
    expect(total({ component: 'database', type: 'full', status: 'success' })).toBe(1);
    expect(total({ component: 'database', type: 'incremental', status: 'success' })).toBe(1);
    expect(total({ component: 'files', type: 'incremental', status: 'failed' })).toBe(1);
    expect(total({ component: 'database', type: 'unknown', status: 'failed' })).toBe(1);
    expect(value(found, 'muster_run_completed_total', { procedure: 'backup', status: 'failed' })).toBe(2);
    expect(value(found, 'backup_success_ratio')).toBe(0.5);
    // The run that failed before any capture failed for every component.
    expect(value(found, 'backup_failures_in_a_row', { component: 'database' })).toBe(2);
    expect(value(found, 'backup_failures_in_a_row', { component: 'files' })).toBe(2);
    expect(value(found, 'muster_run_failures_in_a_row', { procedure: 'backup' })).toBe(2);
    expect(value(found, 'muster_schedule_last_success_timestamp_seconds', { schedule: 'hourly' })).toBe(
      (now - 3 * hour) / 1_000,
    );
  });

  test('a backup of the database only says nothing of the files, and an aborted run is no failure', () => {
    const found = samples([
      fact(3 * hour, { components: [row('files', false, 'full')], result: 'failed' }),
      fact(2 * hour),
      fact(hour, { result: 'aborted' }),
    ]);
    expect(value(found, 'backup_failures_in_a_row', { component: 'files' })).toBe(1);
    expect(value(found, 'backup_failures_in_a_row', { component: 'database' })).toBe(0);
  });

  test('a restore has the promise that it was measured by, and a failover that of the plan', () => {
    const found = samples([
      fact(3 * hour, { procedure: 'restore', rto: { verdict: 'met', achieved: 20_000, maximum: 60_000 } }),
      fact(2 * hour, { procedure: 'restore', rto: { verdict: 'missed', achieved: 40_000, maximum: 30_000 } }),
      fact(hour, { procedure: 'failover', rto: { verdict: 'met', achieved: 300_000, maximum: 1_800_000 } }),
    ]);
    expect(value(found, 'backup_restore_duration_seconds', { procedure: 'restore' })).toBe(40);
    expect(value(found, 'backup_rto_objective_seconds', { procedure: 'restore' })).toBe(30);
    expect(value(found, 'backup_rto_objective_seconds', { procedure: 'failover' })).toBeUndefined();
  });

  test('a restore took what an observer saw, a drill is counted by its scenario, and a failed one is no last success', () => {
    const found = samples([
      fact(3 * hour, { procedure: 'failover', rto: { verdict: 'met', achieved: 300_000 } }),
      fact(2 * hour, { procedure: 'test-restore' }),
      fact(hour, { procedure: 'test-restore', result: 'failed' }),
    ]);
    expect(value(found, 'backup_restore_duration_seconds', { procedure: 'failover' })).toBe(300);
    expect(value(found, 'backup_restore_duration_seconds', { procedure: 'test-restore' })).toBe(600);
    expect(value(found, 'dr_test_completed_total', { scenario: 'test-restore', status: 'success' })).toBe(1);
    expect(value(found, 'dr_test_completed_total', { scenario: 'test-restore', status: 'failed' })).toBe(1);
    expect(value(found, 'dr_test_last_success_timestamp_seconds')).toBe((now - 2 * hour) / 1_000);
    expect(value(found, 'backup_success_ratio')).toBeUndefined();
    expect(value(found, 'backup_verification_success_ratio')).toBe(0.5);
  });

  test('a drill is what its kind says, a success only when it passed, and a restore in it proves a point', () => {
    const drill = (
      kind: 'restore-test' | 'tabletop' | 'isolated',
      result: 'passed' | 'incomplete' | 'called-off',
    ): Partial<Report> => ({
      procedure: 'drill',
      drill: { name: 'monthly', kind, result, findings: [], answers: [], metrics: { total: 1, waiting: 0 } },
    });
    const found = samples([
      fact(5 * hour, drill('restore-test', 'passed')),
      fact(4 * hour, drill('restore-test', 'incomplete')),
      fact(3 * hour, drill('tabletop', 'passed')),
      fact(2 * hour, drill('tabletop', 'called-off')),
      fact(hour, { procedure: 'isolated-drill' }),
    ]);
    const total = (scenario: string, status: string) => value(found, 'dr_test_completed_total', { scenario, status });
    expect([total('restore-test', 'success'), total('restore-test', 'failed')]).toEqual([1, 1]);
    expect([total('tabletop', 'success'), total('tabletop', 'aborted'), total('failover', 'success')]).toEqual([
      1, 1, 1,
    ]);
    const last = (scenario: string) => value(found, 'dr_test_last_success_timestamp_seconds', { scenario });
    expect([last('restore-test'), last('tabletop')]).toEqual([(now - 5 * hour) / 1_000, (now - 3 * hour) / 1_000]);
    expect(value(found, 'backup_verification_failures_in_a_row', { kind: 'restore-test' })).toBe(1);
    expect(value(found, 'backup_verification_failures_in_a_row', { kind: 'tabletop' })).toBeUndefined();
    expect(value(found, 'backup_verification_success_ratio')).toBe(0.5);
  });

  test('what a drill in isolation had done for it counts once, as the drill', () => {
    const metrics = { total: 90_000_000, act: 600_000, waiting: 0 };
    const drill = { name: 'quarterly', kind: 'isolated', result: 'incomplete', findings: [], answers: [], metrics };
    const found = samples([
      fact(2 * hour, { procedure: 'isolated-drill', partOf: 'drill-1' }),
      fact(hour, { procedure: 'drill', drill: drill as Report['drill'] }),
    ]);
    const total = (status: string) => value(found, 'dr_test_completed_total', { scenario: 'failover', status });
    expect([total('success'), total('failed')]).toEqual([undefined, 1]);
    expect(value(found, 'dr_test_last_success_timestamp_seconds', { scenario: 'failover' })).toBeUndefined();
    const passed = samples([
      fact(hour, { procedure: 'drill', drill: { ...drill, result: 'passed' } as Report['drill'] }),
    ]);
    expect(value(passed, 'backup_restore_duration_seconds', { procedure: 'drill' })).toBe(600);
  });

  test('the log is as old as the furthest position any shipment reached', () => {
    const at = (ago: number) => ({ database: new Date(now - ago).toISOString() });
    const found = samples([
      fact(3 * hour, { procedure: 'log-shipping', archivedTo: at(2 * hour) }),
      fact(hour, { procedure: 'log-shipping', archivedTo: at(3 * hour) }),
    ]);
    expect(value(found, 'transaction_log_lag_seconds', { component: 'database' })).toBe(7_200);
  });
});

test('a counter is absent while reports may be missing, and never falls when more come', () => {
  const one = fc.record({
    ago: fc.integer({ min: 1, max: 1_000 }),
    procedure: fc.constantFrom('backup' as const, 'test-restore' as const, 'failover' as const),
    result: fc.constantFrom('done' as const, 'failed' as const, 'aborted' as const),
  });
  fc.assert(
    fc.property(fc.uniqueArray(one, { selector: ({ ago }) => ago }), fc.nat(), (made, cut) => {
      const runs = made.map(({ ago, ...parts }) => fact(ago * hour, parts)).sort((a, b) => a.ended - b.ended);
      const counters = (found: ReturnType<typeof samples>) => found.filter(({ name }) => name.endsWith('_total'));
      const before = counters(samples(runs.slice(0, cut % (runs.length + 1))));
      const after = counters(samples(runs));
      for (const { name, labels, value: earlier } of before)
        expect(value(after, name, labels)).toBeGreaterThanOrEqual(earlier);
      expect(counters(samples(runs, false))).toEqual([]);
    }),
  );
});

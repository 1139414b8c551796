/** What a scrape finds over time: before the first reading, over restarts, and while places do not answer. */
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { type Collector, startCollector } from '../../../activities/metrics/collector.ts';
import type { ServiceReading } from '../../../activities/metrics/read-service.ts';
import { runFact } from '../../../domain/metrics/of-runs.ts';
import type { Plan } from '../../../domain/plan/plan.ts';
import { aReport } from '../../domain/report/a-report.ts';
import { spacetimePlan } from '../../support/plan.ts';

const now = Date.parse('2026-02-01T12:00:00.000Z');
const hour = 3_600_000;
let plan: Plan;
beforeAll(async () => {
  plan = await spacetimePlan();
});

const waitFor = (look: () => void) => vi.waitFor(look, { timeout: 30_000, interval: 10 });

let collector: Collector | undefined;
let release = () => {};
afterEach(async () => {
  const closed = collector?.close();
  release();
  await closed;
});

const run = (ago: number) => {
  const report = aReport(new Date(now - ago).toISOString(), {
    components: [{ component: 'database', driver: 'postgresql', step: 'capture-database', done: true, kind: 'full' }],
  });
  return runFact({ ...report, run: `r${ago}` });
};
const point = {
  ...{
    id: '20260201_110000',
    takenAt: '2026-02-01T11:00:00.000Z',
    site: 'us-east-1',
    role: 'primary',
    label: 'hourly',
  },
  ...{ kind: 'full', bytes: 1, storedBytes: 1, components: ['database'], sha256: 'x', torn: 0, locations: ['a', 'b'] },
  ...{ state: 'replicated', enough: true, at: { 'company-backups': 'replicated' } },
} as ServiceReading['points']['points'][number];

function reading(parts: Partial<ServiceReading> = {}): ServiceReading {
  const points = { points: [point], refused: [], unreachable: [] };
  return {
    plan,
    points,
    certificates: {},
    rooms: {},
    standbys: {},
    shown: {},
    periods: {},
    runs: [run(hour)],
    heard: true,
    complete: true,
    ...parts,
  };
}

const silent = {
  ...{ heard: false, complete: false, runs: [] },
  points: {
    points: [],
    refused: [],
    unreachable: [{ location: 'company-backups' }, { location: 'company-backups-dr' }],
  },
};

/** Hands out the readings one after another, when told, and the last one again. */
function started(...readings: (ServiceReading | Error)[]) {
  const turns: (() => void)[] = [];
  let done = 0;
  let reads = 0;
  release = () => turns.at(-1)?.();
  const said: string[] = [];
  collector = startCollector({
    services: async () => ['spacetime'],
    read: async () => {
      await new Promise<void>((resolve) => turns.push(resolve));
      const next = readings[Math.min(reads++, readings.length - 1)] as ServiceReading | Error;
      if (next instanceof Error) throw next;
      return next;
    },
    every: 1,
    now: () => now,
    say: (text) => void said.push(text),
  });
  return {
    said,
    /** Returns when the reading after this one has begun. */
    async read() {
      await waitFor(() => expect(turns.length).toBeGreaterThan(done));
      turns[done++]?.();
      await waitFor(() => expect(turns.length).toBeGreaterThan(done));
    },
  };
}

const value = (name: string, labels: Record<string, string> = {}) =>
  collector
    ?.samples()
    .find((each) => each.name === name && Object.entries(labels).every(([key, wanted]) => each.labels[key] === wanted))
    ?.value;
const success = 'backup_last_success_timestamp_seconds';
const total = 'backup_completed_total';

test('before the first reading ended, a scrape finds no fact at all, only that nothing was read', async () => {
  const reader = started(reading());
  await waitFor(() => expect(value('muster_reading_complete')).toBe(0));
  const names = () => new Set(collector?.samples().map(({ name }) => name));
  expect(names()).toEqual(new Set(['muster_reading_complete', 'muster_reading_failures']));
  await reader.read();
  expect(value('muster_reading_complete')).toBe(1);
  expect(value('muster_reading_timestamp_seconds')).toBe(now / 1_000);
  expect(value(success, { component: 'database' })).toBe((now - hour) / 1_000);
  expect(value(total)).toBe(1);
});

test('a reading that fails makes nothing newer and takes nothing away; it is counted, and said once', async () => {
  const reader = started(new Error('no such key'), new Error('no such key'), reading(), new Error('again'));
  await reader.read();
  await reader.read();
  expect(value('muster_reading_failures')).toBe(2);
  expect(value(success)).toBeUndefined();
  expect(reader.said).toEqual(['metrics of spacetime were not read: no such key']);
  await reader.read();
  await reader.read();
  expect([value(success), value(total), value('muster_reading_failures'), value('muster_reading_complete')]).toEqual([
    (now - hour) / 1_000,
    1,
    1,
    0,
  ]);
});

test('after a restart while a place is silent there are times, but no counter that others would take for a reset', async () => {
  const reader = started(
    reading({ complete: false }),
    reading({ runs: [run(2 * hour)] }),
    reading({ complete: false }),
  );
  await reader.read();
  expect(value(success)).toBe((now - hour) / 1_000);
  expect(value(total)).toBeUndefined();
  await reader.read();
  expect(value(total)).toBe(2);
  // It has counted all by then: a place that goes silent later takes none of them away.
  await reader.read();
  expect(value(total)).toBe(2);
  expect(value('muster_reading_complete')).toBe(0);
});

test('where no location answers, what was seen before goes on ageing, and after a restart nothing looks well', async () => {
  const reader = started(reading(silent), reading(), reading(silent));
  await reader.read();
  expect(value('muster_location_up', { location: 'company-backups' })).toBe(0);
  expect(value('backup_failures_in_a_row')).toBeUndefined();
  expect(value(success)).toBeUndefined();
  await reader.read();
  expect(value('muster_location_up', { location: 'company-backups' })).toBe(1);
  await reader.read();
  expect(value('muster_location_up', { location: 'company-backups' })).toBe(0);
  expect(value('backup_storage_replication_status', { location: 'company-backups' })).toBe(0);
  expect(value(success)).toBe((now - hour) / 1_000);
});

test('what receivers took is what was read last, also while no location answers; what servers say is of now', async () => {
  const receivers = [{ receiver: 'team', reached: '2026-02-01T11:00:00.000Z', missed: 2 }];
  const standbys = { database: { streaming: true, bytes: 9_000, seconds: 4 } };
  const reader = started(reading({ receivers, standbys, shown: { api: now + hour } }), reading({ ...silent }));
  await reader.read();
  const all = () => [
    value('muster_notice_failures_in_a_row', { receiver: 'team' }),
    value('muster_notice_last_success_timestamp_seconds'),
    value('muster_standby_streaming', { component: 'database' }),
    value('muster_standby_lag_bytes'),
    value('muster_standby_lag_seconds'),
    value('muster_tls_certificate_expiry_timestamp_seconds', { server: 'api' }),
  ];
  expect(all()).toEqual([2, (now - hour) / 1_000, 1, 9_000, 4, (now + hour) / 1_000]);
  await reader.read();
  expect(all()).toEqual([2, (now - hour) / 1_000, undefined, undefined, undefined, undefined]);
});

test('the last good run of a drill is told as that of its schedule', async () => {
  const held = runFact(
    aReport(new Date(now - hour).toISOString(), {
      procedure: 'drill',
      requestedBy: 'schedule drill-monthly-partial',
      drill: {
        ...{ name: 'monthly-partial', kind: 'partial-restore', result: 'passed', findings: [], answers: [] },
        metrics: { total: 1, waiting: 0 },
      },
    }),
  );
  const reader = started(reading({ runs: [{ ...held, run: 'drill-1' }] }));
  await reader.read();
  const labels = { schedule: 'drill-monthly-partial', procedure: 'drill' };
  expect(value('muster_schedule_last_success_timestamp_seconds', labels)).toBe((now - hour) / 1_000);
});

test('a plan that is gone takes its series with it', async () => {
  let services = ['spacetime'];
  collector = startCollector({
    services: async () => services,
    read: async () => reading(),
    every: 1,
    now: () => now,
    say: () => {},
  });
  await waitFor(() => expect(value(success)).toBeDefined());
  services = [];
  await waitFor(() => expect(collector?.samples()).toEqual([]));
});

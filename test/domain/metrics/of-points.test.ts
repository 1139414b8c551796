import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { pointSamples } from '../../../domain/metrics/of-points.ts';
import type { Plan } from '../../../domain/plan/plan.ts';
import { type SeenPoint, withStanding } from '../../../domain/points/point-state.ts';
import { pointIdAt } from '../../../domain/points/recovery-point.ts';
import { spacetimePlan } from '../../support/plan.ts';

let plan: Plan;
beforeAll(async () => {
  plan = await spacetimePlan();
});

const now = Date.parse('2026-02-01T12:00:00.000Z');
const minute = 60_000;
const both = ['company-backups', 'company-backups-dr'];

/** Replicated at both locations unless `parts` say else. */
function point(ago: number, parts: Partial<SeenPoint> = {}): SeenPoint {
  const taken = new Date(now - ago);
  const id = pointIdAt(taken);
  const mark = { format: 1, service: 'spacetime', point: id, manifest: id, at: taken.toISOString(), run: 'r' } as const;
  return {
    id,
    takenAt: taken.toISOString(),
    site: 'us-east-1',
    role: 'primary',
    label: 'hourly',
    kind: 'full',
    bytes: 10,
    storedBytes: 5,
    components: ['database', 'configuration'],
    sizes: { database: 7, configuration: 3 },
    sha256: id,
    locations: both,
    torn: 0,
    marks: [{ ...mark, state: 'replicated', locations: both, how: 'copied' }],
    ...parts,
  };
}

function read(points: SeenPoint[], unreachable: string[] = [], logs: Record<string, string> = {}) {
  const answered = both.filter((location) => !unreachable.includes(location));
  const seen = {
    points: withStanding(points, { copies: 2, answered }),
    refused: [],
    unreachable: unreachable.map((location) => ({ location })),
  };
  return pointSamples(plan, seen, logs, now);
}

type Samples = ReturnType<typeof read>;
const value = (samples: Samples, name: string, labels: Record<string, string> = {}) =>
  samples.find(
    (each) => each.name === name && Object.entries(labels).every(([label, wanted]) => each.labels[label] === wanted),
  )?.value;
const success = 'backup_last_success_timestamp_seconds';

describe('the last success', () => {
  test('is the moment the newest counting point stands for, by component and kind', () => {
    const samples = read([point(10 * minute, { kind: 'incremental', components: ['database'] }), point(70 * minute)]);
    expect(value(samples, success, { component: 'database', type: 'incremental' })).toBe((now - 10 * minute) / 1_000);
    expect(value(samples, success, { component: 'database', type: 'full' })).toBe((now - 70 * minute) / 1_000);
    expect(value(samples, success, { component: 'configuration', type: 'incremental' })).toBeUndefined();
    expect(value(samples, success, { component: 'logs' })).toBeUndefined();
  });

  test.each([
    ['captured only', { marks: [], locations: ['company-backups'] }],
    ['evidence of a breach', { label: 'evidence' }],
  ] as const)('is none of a point that is %s', (_, parts) => {
    const samples = read([point(10 * minute, parts as Partial<SeenPoint>), point(70 * minute)]);
    expect(value(samples, success, { component: 'database' })).toBe((now - 70 * minute) / 1_000);
  });

  test('is none of a point that was quarantined, and that is said', () => {
    const bad = point(10 * minute);
    const [mark] = bad.marks as [NonNullable<SeenPoint['marks']>[number]];
    const quarantine = { ...mark, state: 'quarantined', at: new Date(now).toISOString() } as const;
    const samples = read([{ ...bad, marks: [mark, quarantine] }, point(70 * minute)]);
    expect(value(samples, success, { component: 'database' })).toBe((now - 70 * minute) / 1_000);
    expect(value(samples, 'backup_newest_point_quarantined')).toBe(1);
    expect(value(samples, 'backup_points', { state: 'quarantined' })).toBe(1);
  });

  test('is none of a point from the future: it would look fresh long after backups had ended', () => {
    const samples = read([point(-60 * minute), point(70 * minute)], [], { database: '2027-01-01T00:00:00.000Z' });
    expect(value(samples, success, { component: 'database' })).toBe((now - 70 * minute) / 1_000);
    expect(value(samples, 'backup_recoverable_timestamp_seconds', { component: 'database' })).toBe(
      (now - 70 * minute) / 1_000,
    );
    expect(value(samples, 'backup_points_refused', { reason: 'FromTheFuture', location: 'company-backups' })).toBe(1);
  });

  test('never is newer than any point, nor newer because a location is silent', () => {
    const ages = fc.array(fc.record({ ago: fc.integer({ min: -120, max: 600 }), whole: fc.boolean() }), {
      maxLength: 8,
    });
    fc.assert(
      fc.property(ages, fc.subarray(both), (made, silent) => {
        const points = made.map(({ ago, whole }) =>
          point(ago * minute, whole ? {} : { locations: ['company-backups'], marks: [] }),
        );
        const newestFirst = points.toSorted((a, b) => (a.id < b.id ? 1 : -1));
        const all = value(read(newestFirst), success, { component: 'database' }) ?? 0;
        const seen = newestFirst
          .map((each) => ({ ...each, locations: each.locations.filter((name) => !silent.includes(name)) }))
          .filter(({ locations }) => locations.length > 0);
        const less = value(read(seen, silent), success, { component: 'database' }) ?? 0;
        expect(less).toBeLessThanOrEqual(all);
        const whole = made
          .filter((each) => each.whole && each.ago >= -5)
          .map(({ ago }) => (now - ago * minute) / 1_000);
        expect(all).toBe(Math.max(0, ...whole));
      }),
    );
  });
});

describe('a location', () => {
  test('that does not answer is down and not in replication, and what it holds is known by the marks', () => {
    const seen = point(10 * minute, { locations: ['company-backups-dr'] });
    const samples = read([seen], ['company-backups']);
    const at = (location: string) =>
      ['muster_location_up', 'backup_storage_replication_status', 'backup_location_newest_timestamp_seconds'].map(
        (name) => value(samples, name, { location }),
      );
    expect(at('company-backups')).toEqual([0, 0, (now - 10 * minute) / 1_000]);
    expect(at('company-backups-dr')).toEqual([1, 1, (now - 10 * minute) / 1_000]);
    expect(value(samples, success, { component: 'database' })).toBe((now - 10 * minute) / 1_000);
    expect(value(samples, 'muster_location_up', { location: 'company-backups-dr', role: 'standby' })).toBe(1);
  });

  test('that answers and lacks the newest point is not in replication', () => {
    const samples = read([point(10 * minute, { locations: ['company-backups'] }), point(70 * minute)]);
    const status = (location: string) => value(samples, 'backup_storage_replication_status', { location });
    // The newest point that counts is the older one, which both hold.
    expect([status('company-backups'), status('company-backups-dr')]).toEqual([1, 1]);
    const newest = (location: string) => value(samples, 'backup_location_newest_timestamp_seconds', { location });
    expect(newest('company-backups')).toBe((now - 10 * minute) / 1_000);
    expect(newest('company-backups-dr')).toBe((now - 70 * minute) / 1_000);
    const none = read([]);
    expect(value(none, 'backup_storage_replication_status', { location: 'company-backups' })).toBe(0);
  });
});

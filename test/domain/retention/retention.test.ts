/** What is kept and what goes: the runbooks' tables, what nothing may ever drop, and the properties of the rule itself. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Retention, retentionSchema } from '../../../domain/plan/retention.ts';
import type { RetainablePoint } from '../../../domain/points/retainable-point.ts';
import { decideRetention } from '../../../domain/retention/retention.ts';
import { aPoint, day, hour } from '../points/a-point.ts';

const now = '2026-06-15T12:00:00.000Z';
const plan = (written: object): Retention => retentionSchema.parse(written);
const keptAt = (location: string, points: RetainablePoint[], retention: Retention, at = now) =>
  decideRetention(points, retention, { now: at })
    .filter((verdict) => verdict.location === location && verdict.keep)
    .map(({ point }) => points.find(({ id }) => id === point) as RetainablePoint);
const agesOf = (points: RetainablePoint[], unit: number) =>
  points.map(({ takenAt }) => Math.round((Date.parse(now) - Date.parse(takenAt)) / unit));
const daily = (count: number, parts: Partial<RetainablePoint> = {}) =>
  Array.from({ length: count }, (_, n) => aPoint(now, n * day, parts));
/** Newer points, so that what is asked about is not the last of its kind. */
const newer = (at: RetainablePoint['at'] = { near: {} }) =>
  [60_000, 24 * hour + 60_000].map((ago) => aPoint(now, ago, { label: 'newer', at }));

describe("the runbooks' tables", () => {
  it('keeps what SpaceTime keeps, by type and place', () => {
    const spacetime = plan({
      rules: [
        { labels: ['hourly'], locations: ['local'], keep: '24h' },
        { labels: ['hourly'], locations: ['s3'], keep: 'none' },
        { labels: ['daily'], keep: '7d' },
        { labels: ['weekly'], locations: ['s3'], keep: { weekly: 4 } },
        { labels: ['weekly'], locations: ['local'], keep: 'none' },
        { labels: ['monthly'], locations: ['s3'], keep: { monthly: 3 } },
        { labels: ['config'], keep: '30d' },
        { labels: ['pre-deploy'], locations: ['local'], keep: '30d' },
      ],
    });
    const at = { local: {}, s3: {} };
    const points = [
      ...newer(at),
      ...Array.from({ length: 60 }, (_, n) =>
        aPoint(now, n * hour + 120_000, { label: 'hourly', kind: 'incremental', at }),
      ),
      ...daily(20, { at }).map((point) => ({ ...point, id: `${point.id.slice(0, 9)}020000` })),
      ...Array.from({ length: 9 }, (_, n) => aPoint(now, n * 7 * day + 3 * hour, { label: 'weekly', at })),
      ...Array.from({ length: 9 }, (_, n) => aPoint(now, n * 30 * day + 5 * hour, { label: 'monthly', at })),
      ...daily(60, { label: 'config', at }).map((point) => ({ ...point, id: `${point.id.slice(0, 9)}030000` })),
    ];
    const old = (location: string, label: string) =>
      keptAt(location, points, spacetime).filter((point) => point.label === label);
    expect(old('local', 'hourly')).toHaveLength(24);
    expect(Math.max(...agesOf(old('local', 'daily'), day))).toBe(6);
    expect(Math.max(...agesOf(old('s3', 'daily'), day))).toBe(6);
    expect(old('s3', 'weekly')).toHaveLength(4);
    expect(old('local', 'weekly').map(({ takenAt }) => Date.parse(now) - Date.parse(takenAt) < day)).toEqual([true]);
    expect(old('s3', 'monthly')).toHaveLength(3);
    // No rule speaks of monthly ones at the local place, so they stay.
    expect(old('local', 'monthly')).toHaveLength(9);
    expect(Math.max(...agesOf(old('local', 'config'), day))).toBe(29);
  });

  it('keeps 7 days, 4 weeks, 12 months and 3 years as Planetary Survival does, and increments for a day', () => {
    const planetary = plan({
      rules: [
        { kinds: ['full'], keep: { daily: 7, weekly: 4, monthly: 12, yearly: 3 } },
        { kinds: ['incremental'], keep: '1d' },
      ],
    });
    const fulls = daily(5 * 365);
    const increments = Array.from({ length: 100 }, (_, n) => aPoint(now, n * hour + 60_000, { kind: 'incremental' }));
    const kept = keptAt('near', [...fulls, ...increments], planetary);
    expect(kept.filter(({ kind }) => kind === 'incremental')).toHaveLength(24);
    const days = kept.filter(({ kind }) => kind === 'full').map(({ takenAt }) => takenAt.slice(0, 10));
    expect(days).toEqual(
      [
        ...['2026-06-15', '2026-06-14', '2026-06-13', '2026-06-12', '2026-06-11', '2026-06-10', '2026-06-09'],
        // Sundays: the newest of each week; and the last of each month and year.
        ...['2026-06-07', '2026-05-31', '2026-04-30', '2026-03-31', '2026-02-28', '2026-01-31', '2025-12-31'],
        ...['2025-11-30', '2025-10-31', '2025-09-30', '2025-08-31', '2025-07-31', '2024-12-31'],
      ]
        .toSorted()
        .toReversed(),
    );
  });

  it('keeps components for different times, as the table of the multi-region runbook does', () => {
    const rules = plan({
      rules: [
        { components: ['redis'], keep: '7d' },
        { components: ['configuration'], keep: '30d' },
        { components: ['application'], keep: '28d' },
        { components: ['database', 'saves'], keep: { daily: 7, weekly: 4, monthly: 12 } },
      ],
    });
    const points = [
      ...daily(40, { components: ['redis'] }),
      ...daily(40, { components: ['configuration'] }).map((point) => ({
        ...point,
        id: `${point.id.slice(0, 9)}010000`,
      })),
      ...daily(40, { components: ['database'] }).map((point) => ({ ...point, id: `${point.id.slice(0, 9)}020000` })),
    ];
    const count = (component: string) =>
      keptAt('near', points, rules).filter(({ components }) => components[0] === component).length;
    expect([count('redis'), count('configuration')]).toEqual([7, 30]);
    // Seven days, and two Sundays before them; the second is the last of May too.
    expect(count('database')).toBe(7 + 2);
  });

  it('keeps 90 days as P14 does, 30 days as Journeyman does, and static assets indefinitely', () => {
    const points = [
      ...newer(),
      ...daily(200),
      ...daily(3, { label: 'assets' }).map((p, n) => aPoint(now, (900 + n) * day, { label: p.label })),
    ];
    const kept = keptAt(
      'near',
      points,
      plan({
        rules: [
          { labels: ['daily'], keep: '90d' },
          { labels: ['assets'], keep: 'indefinite' },
        ],
      }),
    );
    expect(kept.filter(({ label }) => label === 'daily')).toHaveLength(90);
    expect(kept.filter(({ label }) => label === 'assets')).toHaveLength(3);
    const [verdict] = decideRetention(points, plan({ rules: [{ keep: '30d' }] }), { now }).filter(({ keep }) => !keep);
    expect(verdict?.why).toEqual(['not kept by "everything: 30d"']);
  });
});

describe('what no rule drops', () => {
  const short = plan({ rules: [{ keep: '2d' }] });
  const why = (points: RetainablePoint[], id: string, retention = short, inUse?: string[]) =>
    decideRetention(points, retention, { now, inUse }).find(({ point }) => point === id);

  it.each<[string, Partial<RetainablePoint>, RegExp]>([
    ['a pinned one', { pinned: { by: 'dana', why: 'audit' } }, /pinned by dana: audit/],
    ['the last proven one', { proven: true }, /last proven point with database, files/],
    ['the last verified one', { verified: true }, /last verified point/],
    [
      'one under a lock',
      { at: { near: { lockedUntil: '2026-06-20T00:00:00.000Z' } } },
      /locked by the store until 2026-06-20/,
    ],
    ['a quarantined one', { quarantined: '2026-06-14T00:00:00.000Z' }, /quarantined, a person decides/],
    ['a damaged one', { at: { near: { damaged: true } } }, /damaged here/],
    ['the last with a component', { components: ['database', 'files', 'rare'] }, /newest point with rare/],
    ['the last of a standby', { role: 'standby' }, /newest point of the standby/],
  ])('%s', (_, parts, reason) => {
    const old = aPoint(now, 100 * day, parts);
    const plain = aPoint(now, 101 * day);
    const points = [...newer(), plain, old];
    expect(why(points, old.id)).toMatchObject({
      keep: true,
      why: expect.arrayContaining([expect.stringMatching(reason)]),
    });
    expect(why(points, plain.id)?.keep).toBe(false);
  });

  it('one that a recovery works with, one newer than the grace time, and the newest of a while ago', () => {
    const old = aPoint(now, 100 * day);
    const base = aPoint(now, 30 * hour);
    const points = [aPoint(now, 60_000), base, old];
    const none = plan({ rules: [{ keep: 'none' }] });
    expect(why(points, old.id, none, [old.id])?.why).toEqual(['in use by a running recovery']);
    expect(why(points, aPoint(now, 60_000).id, none)?.why.join()).toContain('newer than the grace time of 1d');
    expect(why(points, base.id, none)?.why.join()).toContain('to which a running backup may refer');
  });

  it('what only points of a clock that ran ahead would push out', () => {
    const real = [5, 10, 15].map((days) => aPoint(now, days * day));
    const ahead = [aPoint(now, -day), aPoint(now, -2 * day)];
    const three = plan({ rules: [{ keep: { last: 3 } }] });
    for (const { id } of real) expect(why([...ahead, ...real], id, three)?.why.join()).toContain('of 3');
    expect(why([...ahead, ...real], ahead[0]?.id ?? '', three)?.why).toEqual([
      'taken later than this clock says it is now',
    ]);
  });

  it('drops a quarantined point after the time of the plan, and lets it take nobody’s place before', () => {
    const bad = aPoint(now, 3 * day, { quarantined: '2026-06-13T00:00:00.000Z' });
    const good = { ...aPoint(now, 3 * day + hour), id: '20260612_110000' };
    const points = [...newer(), bad, good];
    const counts = { rules: [{ keep: { daily: 5 } }] };
    expect(why(points, good.id, plan(counts))?.keep).toBe(true);
    expect(why(points, bad.id, plan(counts))?.keep).toBe(true);
    expect(why(points, bad.id, plan({ ...counts, quarantine: '7d' }))?.why).toEqual([
      'quarantined, kept to be looked at for 7d',
    ]);
    expect(why(points, bad.id, plan({ ...counts, quarantine: '2d' }))).toMatchObject({
      keep: false,
      why: ['quarantined for longer than 2d'],
    });
  });
});

describe('whatever the points and rules are', () => {
  const labels = ['hourly', 'daily', 'config'];
  const pointArb = fc
    .record({
      ago: fc.integer({ min: -3 * 24, max: 900 * 24 }),
      label: fc.constantFrom(...labels),
      kind: fc.constantFrom<'full' | 'incremental'>('full', 'incremental'),
      role: fc.constantFrom('primary' as const, 'primary' as const, 'standby' as const),
      components: fc.constantFrom(['database', 'files'], ['database', 'files'], ['files']),
      proven: fc.boolean(),
      pinned: fc.option(fc.constant({ by: 'dana', why: 'audit' }), { nil: undefined, freq: 6 }),
      quarantined: fc.option(fc.constant('2026-06-01T00:00:00.000Z'), { nil: undefined, freq: 6 }),
      at: fc.constantFrom<RetainablePoint['at'][]>(
        { near: {} },
        { near: {}, far: {} },
        { near: { damaged: true }, far: {} },
        { far: { lockedUntil: '2026-07-01T00:00:00.000Z' } },
      ),
    })
    .map(({ ago, ...parts }) => aPoint(now, ago * hour, parts as Partial<RetainablePoint>));
  const pointsArb = fc.uniqueArray(pointArb, { selector: ({ id }) => id, maxLength: 60 });
  const some = (most: number) => fc.option(fc.integer({ min: 1, max: most }), { nil: undefined });
  const counts = fc.record({ last: fc.integer({ min: 1, max: 3 }), daily: some(5), weekly: some(4), yearly: some(2) });
  const ruleArb = fc.record({
    labels: fc.option(fc.subarray(labels, { minLength: 1 }), { nil: undefined }),
    kinds: fc.option(fc.constantFrom<('full' | 'incremental')[]>(['full'], ['incremental']), { nil: undefined }),
    locations: fc.option(fc.constantFrom<string[]>(['near'], ['far']), { nil: undefined }),
    keep: fc.oneof(
      fc.constant('none' as const),
      fc.integer({ min: 1, max: 400 }).map((days) => days * day),
      counts,
    ),
  });
  const retentionArb: fc.Arbitrary<Parameters<typeof decideRetention>[1]> = fc
    .record({
      rules: fc.array(ruleArb, { minLength: 1, maxLength: 4 }),
      quarantine: fc.constantFrom(undefined, 5 * day),
    })
    .map((parts) => ({ ...parts, grace: day }));
  const dated = (ahead: number) => {
    const { id, takenAt } = aPoint(now, -ahead);
    return { id, takenAt };
  };
  const dropsOf = (points: RetainablePoint[], retention: Parameters<typeof decideRetention>[1], at = now) =>
    decideRetention(points, retention, { now: at }).flatMap(({ keep, point, location }) =>
      keep ? [] : [`${point} ${location}`],
    );
  const without = (points: RetainablePoint[], drops: string[]) =>
    points.map((point) => ({
      ...point,
      at: Object.fromEntries(Object.entries(point.at).filter(([name]) => !drops.includes(`${point.id} ${name}`))),
    })) as RetainablePoint[];

  it('says why, for every point at every location', () => {
    fc.assert(
      fc.property(pointsArb, retentionArb, (points, retention) => {
        const verdicts = decideRetention(points, retention, { now });
        expect(verdicts).toHaveLength(points.reduce((sum, { at }) => sum + Object.keys(at).length, 0));
        for (const { why } of verdicts) expect(why.join('')).not.toBe('');
      }),
    );
  });

  it('deletes nothing more when it is done twice', () => {
    fc.assert(
      fc.property(pointsArb, retentionArb, (points, retention) => {
        const drops = dropsOf(points, retention);
        expect(dropsOf(without(points, drops), retention)).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it('drops nothing new when the clock steps back', () => {
    fc.assert(
      fc.property(pointsArb, retentionArb, fc.integer({ min: 0, max: 400 * 24 }), (points, retention, back) => {
        const earlier = new Date(Date.parse(now) - back * hour).toISOString();
        const before = dropsOf(points, retention);
        expect(dropsOf(points, retention, earlier).filter((drop) => !before.includes(drop))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it('drops nothing more because of points of a clock that ran ahead', () => {
    const ahead = fc.uniqueArray(pointArb, { selector: ({ id }) => id, maxLength: 8 });
    fc.assert(
      fc.property(pointsArb, ahead, retentionArb, (points, strange, retention) => {
        const past = points.filter(({ takenAt }) => takenAt <= now);
        const future = strange.map((point, n) => ({ ...point, ...dated(day + n * hour) }));
        expect(dropsOf([...past, ...future], retention)).toEqual(dropsOf(past, retention));
      }),
      { numRuns: 300 },
    );
  });

  it('keeps pinned points, and the last good of each component, whatever is added', () => {
    fc.assert(
      fc.property(pointsArb, retentionArb, pointArb, (points, retention, added) => {
        const all = points.some(({ id }) => id === added.id) ? points : [...points, added];
        const drops = dropsOf(all, retention);
        const left = without(all, drops);
        for (const { id, pinned, at } of all) {
          if (pinned) for (const location of Object.keys(at)) expect(drops).not.toContain(`${id} ${location}`);
        }
        for (const component of ['database', 'files']) {
          const usable = (some: RetainablePoint[]) =>
            some.filter(
              (point) => point.components.includes(component) && point.role === 'primary' && !point.quarantined,
            );
          const proven = usable(all).filter((point) => point.proven);
          const survives = (some: RetainablePoint[]) => some.some(({ at }) => Object.keys(at).length > 0);
          const there = (some: RetainablePoint[]) =>
            usable(left).filter(({ id }) => some.some((each) => each.id === id));
          if (usable(all).length > 0) expect(survives(there(usable(all)))).toBe(true);
          if (proven.length > 0) expect(survives(there(proven))).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });
});

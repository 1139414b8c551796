/** The rules of readiness: what ends, what fell due, what is unlike its history, what fits a quota, and who may let it go. */
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import type { Plan } from '../../../domain/plan/plan.ts';
import { scheduleSchema } from '../../../domain/plan/schedules.ts';
import { pointIdAt } from '../../../domain/points/recovery-point.ts';
import { approverFindings, type SignerLine } from '../../../domain/readiness/approvers.ts';
import { complianceOf } from '../../../domain/readiness/compliance.ts';
import { dueTimes } from '../../../domain/readiness/due-times.ts';
import { endingSoon, expiryLevel } from '../../../domain/readiness/expiry.ts';
import { withRemedies } from '../../../domain/readiness/mending.ts';
import { proofFindings } from '../../../domain/readiness/proof-age.ts';
import { type Lacking, worstFirst } from '../../../domain/readiness/readiness.ts';
import { firstToMend, mostWithMissing, scoreOf } from '../../../domain/readiness/score.ts';
import { medianOf, oddSizes } from '../../../domain/readiness/sizes.ts';
import { quotaNeeds, quotaOf } from '../../../domain/readiness/vcpus.ts';
import { timesOf } from '../../../domain/schedules/times.ts';

const day = 86_400_000;
const hour = 3_600_000;
const now = new Date('2026-11-22T12:00:00Z');
const limits = { warn: 30 * day, bad: 7 * day };
const timeIn = (ms: number) => new Date(now.getTime() + ms);
const level = fc.constantFrom('missing', 'late', 'unknown') satisfies fc.Arbitrary<Lacking['level']>;
const lackings = fc.array(fc.record({ level, id: fc.string(), what: fc.string() }));

describe('the score', () => {
  it('is 100 exactly when nothing is lacking, never rises with a finding more, and hides nothing that is missing', () => {
    fc.assert(
      fc.property(lackings, level, (lacking, more) => {
        const score = scoreOf(lacking);
        expect(Number.isInteger(score) && score >= 0 && score <= 100).toBe(true);
        expect(score === 100).toBe(lacking.length === 0);
        expect(scoreOf([...lacking, { level: more }])).toBeLessThanOrEqual(score);
        if (lacking.some((each) => each.level === 'missing')) expect(score).toBeLessThanOrEqual(mostWithMissing);
      }),
    );
  });

  it('weighs missing above late above unknown', () => {
    const [missing, late, unknown] = (['missing', 'late', 'unknown'] as const).map((each) =>
      scoreOf([{ level: each }]),
    );
    expect([missing, late, unknown]).toEqual([50, 92, 97]);
  });

  it('what is mended first is the first of the worst', () => {
    fc.assert(
      fc.property(lackings, (lacking) => {
        expect(firstToMend(lacking)).toBe(worstFirst(lacking)[0]);
      }),
    );
  });
});

test('every finding of an assessment has something that mends it, and a check keeps its own', () => {
  fc.assert(
    fc.property(lackings, (lacking) => {
      const mended = withRemedies(lacking, { service: 'shop', from: 'east', to: 'west' });
      expect(mended.every(({ mend }) => mend !== undefined && mend !== '')).toBe(true);
    }),
  );
  const own = { level: 'late', id: 'warm-data', what: '', mend: 'mine' } as const;
  const [kept, named] = withRemedies([own, { ...own, mend: undefined } as Lacking], {
    service: 'shop',
    from: 'e',
    to: 'w',
  });
  expect([kept?.mend, named?.mend]).toEqual(['mine', 'muster sync shop']);
});

describe('what ends', () => {
  it.each([
    [-1, 'missing'],
    [0, 'missing'],
    [7 * day - 1, 'missing'],
    [7 * day, 'late'],
    [30 * day - 1, 'late'],
    [30 * day, undefined],
  ])('%s ms before its end is %s', (left, expected) => {
    expect(expiryLevel(timeIn(left), now, limits)).toBe(expected);
  });

  it('is never better with less time left', () => {
    const order = [undefined, 'late', 'missing'];
    fc.assert(
      fc.property(fc.integer({ min: -day, max: 60 * day }), fc.integer({ min: 0, max: 60 * day }), (left, less) => {
        const [sooner, later] = [expiryLevel(timeIn(left - less), now, limits), expiryLevel(timeIn(left), now, limits)];
        expect(order.indexOf(sooner)).toBeGreaterThanOrEqual(order.indexOf(later));
      }),
    );
  });

  it('says the day', () => {
    const ending = { id: 'tls', what: 'the certificate of a', until: timeIn(-hour), mend: 'renew it' };
    expect(endingSoon([ending, { ...ending, until: timeIn(90 * day) }], now, limits)).toEqual([
      { level: 'missing', id: 'tls', what: 'the certificate of a ended on 2026-11-22', mend: 'renew it' },
    ]);
  });
});

const schedule = (given: object) => scheduleSchema.parse({ name: 'hourly', ...given });
const timesGiven = (given: object) => timesOf(schedule(given));

describe('when a schedule falls due', () => {
  it.each([
    ['an hourly one 24 times a day', { cron: '15 * * * *' }, 24],
    ['each four hours 6 times', { every: '4h', offset: '50m' }, 6],
    ['a daily one once, in its own zone', { cron: '30 1 * * *', zone: 'America/New_York' }, 1],
    ['a weekly one not on another day', { cron: '0 4 * * 1' }, 0],
    ['the first Sunday of a month', { cron: '0 5 * * 0#1' }, 0],
  ])('%s', (_, given, count) => {
    expect(dueTimes(timesGiven(given), now.getTime() - day, now.getTime())).toHaveLength(count);
  });

  it('is at the time of its zone', () => {
    const [time] = dueTimes(
      timesGiven({ cron: '30 1 * * *', zone: 'America/New_York' }),
      now.getTime() - day,
      now.getTime(),
    );
    expect(new Date(time ?? 0).toISOString()).toBe('2026-11-22T06:30:00.000Z');
    const [kathmandu] = dueTimes(
      timesGiven({ cron: '0 6 * * *', zone: 'Asia/Kathmandu' }),
      now.getTime() - day,
      now.getTime(),
    );
    expect(new Date(kathmandu ?? 0).toISOString()).toBe('2026-11-22T00:15:00.000Z');
    const shifted = dueTimes(timesGiven({ every: '4h', offset: '50m' }), now.getTime() - day, now.getTime());
    expect(shifted.map((each) => new Date(each).toISOString().slice(11, 16)).sort()).toEqual([
      '00:50',
      '04:50',
      '08:50',
      '12:50',
      '16:50',
      '20:50',
    ]);
  });

  it('each time is counted once, wherever the window is cut', () => {
    const minutes = fc.integer({ min: 0, max: 3 * 1440 }).map((count) => now.getTime() - count * 60_000);
    const given = fc.constantFrom(
      { cron: '*/7 3-20 * * *' },
      { every: '23m', offset: '4m' },
      { cron: '0 2 * * *', zone: 'Europe/Berlin' },
    );
    fc.assert(
      fc.property(given, minutes, minutes, minutes, (which, ...cuts) => {
        const [a, b, c] = cuts.sort((x, y) => x - y) as [number, number, number];
        const times = timesGiven(which);
        expect([...dueTimes(times, a, b), ...dueTimes(times, b, c)]).toEqual(dueTimes(times, a, c));
      }),
      { numRuns: 30 },
    );
  });
});

describe('schedule compliance', () => {
  const plan = {
    components: [{ name: 'database' }, { name: 'files' }],
    schedules: [
      schedule({ name: 'databases', cron: '0 * * * *', backup: { components: ['database'] } }),
      schedule({ name: 'whole', every: '4h', label: 'files' }),
      schedule({ name: 'watchful', every: '10m', onChange: true }),
      schedule({ name: 'verification', cron: '0 3 * * *', procedure: 'verify' }),
    ],
  } as Pick<Plan, 'schedules' | 'components'>;
  const pointsEach = (label: string, every: number, components: string[]) =>
    Array.from({ length: Math.floor(day / every) }, (_, index) => ({
      id: pointIdAt(new Date(now.getTime() - day + index * every + 60_000)),
      label,
      components,
    }));

  it('P14: 24 of the databases and 6 of the files a day', () => {
    const points = [
      ...pointsEach('databases', hour, ['database']),
      ...pointsEach('files', 4 * hour, ['database', 'files']),
    ];
    expect(complianceOf(plan, points, now.getTime(), 0)).toEqual([
      { component: 'database', label: 'databases', due: 24, made: 24 },
      { component: 'database', label: 'files', due: 6, made: 6 },
      { component: 'files', label: 'files', due: 6, made: 6 },
    ]);
  });

  it('counts neither what has another label, nor what lacks the component, nor what is older, and no more than was due', () => {
    const old = {
      id: pointIdAt(new Date(now.getTime() - day - hour)),
      label: 'files',
      components: ['database', 'files'],
    };
    const points = [...pointsEach('files', 4 * hour, ['files']), ...pointsEach('manual', hour, ['database']), old];
    const many = pointsEach('files', hour, ['files']);
    expect(complianceOf(plan, points, now.getTime(), 0).map(({ made }) => made)).toEqual([0, 0, 6]);
    expect(complianceOf(plan, many, now.getTime(), 0)[2]).toMatchObject({ due: 6, made: 6 });
  });

  it('does not ask yet for what fell due within the grace', () => {
    const points = pointsEach('databases', hour, ['database']).slice(0, -2);
    expect(complianceOf(plan, points, now.getTime(), 0)[0]).toMatchObject({ due: 24, made: 22 });
    expect(complianceOf(plan, points, now.getTime(), 2 * hour)[0]).toMatchObject({ due: 22, made: 22 });
  });
});

describe('sizes', () => {
  const sized = (sizes: number[]) =>
    sizes.map((bytes, index) => ({
      id: pointIdAt(new Date(now.getTime() - index * hour)),
      components: ['data'],
      sizes: { data: bytes },
    }));
  const asked = { of: 10, least: 50, most: 200 };
  const shares = (sizes: number[]) => oddSizes(sized(sizes), ['data'], asked).map(({ share }) => share);

  it('half and twice the median pass, less and more do not', () => {
    expect(shares([50, 100, 90, 110])).toEqual([]);
    expect(shares([200, 100, 90, 110])).toEqual([]);
    expect(shares([49, 100, 90, 110])).toEqual([49]);
    expect(shares([201, 100, 90, 110])).toEqual([201]);
    expect(shares([0, 100, 90, 110])).toEqual([0]);
  });

  it('a history of fewer than three says nothing, and no more than asked for is compared', () => {
    expect(shares([1, 100, 100])).toEqual([]);
    expect(oddSizes(sized([10, 10, 10, 10, 1000, 1000, 1000, 1000, 1000]), ['data'], { ...asked, of: 3 })).toEqual([]);
  });

  it('one odd backup in the history changes no verdict', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 90, max: 110 }), { minLength: 5, maxLength: 9 }),
        fc.nat(),
        (before, odd) => {
          expect(shares([100, ...before, odd])).toEqual([]);
        },
      ),
    );
  });

  it('a median lies between its numbers', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 1e9 }), { minLength: 1 }), (numbers) => {
        const median = medianOf(numbers);
        expect(numbers.filter((each) => each < median).length).toBeLessThanOrEqual(numbers.length / 2);
        expect(numbers.filter((each) => each > median).length).toBeLessThanOrEqual(numbers.length / 2);
      }),
    );
  });
});

describe('vCPUs', () => {
  it.each([
    ['m5.large', 'L-1216C47A'],
    ['t3.micro', 'L-1216C47A'],
    ['inf2.xlarge', 'L-1945791B'],
    ['i4i.large', 'L-1216C47A'],
    ['g5.xlarge', 'L-DB2E81BA'],
    ['p4d.24xlarge', 'L-417A185B'],
    ['x2idn.16xlarge', 'L-7295265B'],
    ['u-6tb1.metal', 'L-43DA4232'],
  ])('%s counts against %s', (type, code) => {
    expect(quotaOf(type).code).toBe(code);
  });

  it('what runs counts once, what is off is needed on top, and other families are left out', () => {
    const standby = [
      { type: 'm5.large', vcpus: 2, running: false },
      { type: 'm5.large', vcpus: 2, running: true },
    ];
    const others = [
      { type: 'c5.xlarge', vcpus: 4, running: true },
      { type: 'c5.xlarge', vcpus: 4, running: false },
      { type: 'g5.xlarge', vcpus: 4, running: true },
    ];
    expect(quotaNeeds(standby, [...standby, ...others])).toEqual([
      { code: 'L-1216C47A', name: 'Standard', running: 6, more: 2 },
    ]);
    expect(quotaNeeds([], others)).toEqual([]);
  });
});

describe('approvers', () => {
  const rules = { quorum: 1, requesterMayApprove: false, signed: 'required', from: ['dana', 'erin'] } as const;
  const line = (name: string, given: Partial<SignerLine> = {}): SignerLine => ({ principals: [name], ...given });
  const find = (over: object, lines: SignerLine[] | undefined) =>
    approverFindings({ ...rules, ...over }, lines, { now, limits, mend: 'mend' }).map(({ level: of, id }) => [of, id]);

  it('two with good keys are enough, one is not when that one asks', () => {
    expect(find({}, [line('dana'), line('erin')])).toEqual([]);
    expect(find({}, [line('dana')])).toEqual([['late', 'approvers-quorum']]);
    expect(find({ requesterMayApprove: true }, [line('dana')])).toEqual([]);
    expect(find({}, [line('frank')])).toEqual([['missing', 'approvers-quorum']]);
    expect(find({ emergency: { from: ['dana'] } }, [line('frank')])).toEqual([['late', 'approvers-quorum']]);
  });

  it('a key that has ended or not begun is none, and one that ends soon is named', () => {
    const ended = line('erin', { before: timeIn(-1) });
    expect(find({}, [line('dana'), ended])).toEqual([['late', 'approvers-quorum']]);
    expect(find({}, [line('dana'), line('erin', { after: timeIn(1) })])).toEqual([['late', 'approvers-quorum']]);
    expect(find({}, [line('dana'), line('erin', { before: timeIn(3 * day) })])).toEqual([['late', 'approvers-ending']]);
    expect(find({}, [line('*'), line('dana', { trouble: 'it holds no key' })])).toEqual([['late', 'approvers-line']]);
  });

  it('where nothing must be signed, the names are enough; where anybody may go, those with keys count', () => {
    expect(find({ signed: 'allowed' }, undefined)).toEqual([]);
    expect(find({ signed: 'allowed', from: undefined }, undefined)).toEqual([]);
    expect(find({ from: undefined }, [line('dana')])).toEqual([['late', 'approvers-quorum']]);
    expect(find({ from: undefined }, [line('*@example.com')])).toEqual([]);
  });

  it('more people never make it worse', () => {
    const people = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e'));
    fc.assert(
      fc.property(people, fc.integer({ min: 1, max: 4 }), (names, quorum) => {
        const count = (of: string[]) =>
          find(
            { from: [...of, 'x'], quorum },
            of.map((name) => line(name)),
          ).filter(([, id]) => id === 'approvers-quorum');
        const rank = (of: string[]) => ['missing', 'late', undefined].indexOf(count(of)[0]?.[0]);
        expect(rank([...names, 'z'])).toBeGreaterThanOrEqual(rank(names));
      }),
    );
  });
});

describe('the proof of a plan', () => {
  const asked = { service: 'shop', plan: 'a'.repeat(64), within: 90 * day, now };
  const proof = { run: 'switchover-1', ended: timeIn(-day).toISOString(), plan: asked.plan };
  const ids = (given?: object) =>
    proofFindings(given && { ...proof, ...given }, asked).map(({ level: of, id }) => [of, id]);

  it('holds for a while, and for the plan that was shown to work', () => {
    expect(ids({})).toEqual([]);
    expect(ids()).toEqual([['late', 'never-proven']]);
    expect(ids({ ended: timeIn(-91 * day).toISOString() })).toEqual([['late', 'proof-overdue']]);
    expect(ids({ plan: 'b'.repeat(64) })).toEqual([['late', 'plan-changed']]);
    expect(ids({ plan: undefined })).toEqual([['unknown', 'proof-plan']]);
  });
});

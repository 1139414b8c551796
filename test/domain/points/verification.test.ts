/** Which parts are read on which day, and when the next look is due. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Mark } from '../../../domain/points/recovery-point.ts';
import { dayOf, isDueOn, validationDue } from '../../../domain/points/verification.ts';

describe('reading by rotation', () => {
  it('reads every part exactly once in any run of so many days', () => {
    const days = fc.integer({ min: 1, max: 366 });
    fc.assert(
      fc.property(fc.string(), days, fc.integer({ min: 0, max: 40_000 }), (key, within, first) => {
        const read = Array.from({ length: within }, (_, at) => first + at).filter((today) =>
          isDueOn(key, today, within),
        );
        expect(read).toHaveLength(1);
      }),
    );
  });

  it('spreads parts evenly over the days, although their names are alike', () => {
    const keys = Array.from(
      { length: 7_000 },
      (_, n) => `s/archives/20260102_031500/tree/${String(n).padStart(5, '0')}.0-00000000f1`,
    );
    for (let today = 0; today < 7; today += 1) {
      const read = keys.filter((key) => isDueOn(key, today, 7)).length;
      expect(read).toBeGreaterThan(800);
      expect(read).toBeLessThan(1_200);
    }
  });

  it('counts days in UTC', () => {
    expect(dayOf(new Date('1970-01-02T00:00:00Z'))).toBe(1);
    expect(dayOf(new Date('1970-01-02T23:59:59Z'))).toBe(1);
  });
});

describe('the next look', () => {
  const week = 7 * 86_400_000;
  const mark = (state: Mark['state'], at: string, more: Partial<Mark> = {}): Mark => ({
    format: 1,
    service: 's',
    point: '20260102_031500',
    manifest: 'a'.repeat(64),
    state,
    at: `${at}.000Z`,
    run: 'r',
    locations: ['near'],
    how: 'looked',
    depth: 'hashes',
    ...more,
  });
  const due = (now: string, marks: Mark[], depth: 'hashes' | 'full' = 'hashes') =>
    validationDue(marks, { depth, every: week, now: new Date(`${now}Z`) });

  it('is due at once where nobody ever looked', () => {
    expect(due('2026-01-03T00:00:00', []).due).toBe(true);
  });

  it('is due as often as the plan says while looks pass', () => {
    const marks = [mark('verified', '2026-01-02T04:00:00')];
    expect(due('2026-01-09T03:59:59', marks).due).toBe(false);
    expect(due('2026-01-09T04:00:00', marks)).toMatchObject({ due: true, at: '2026-01-09T04:00:00.000Z' });
  });

  it('is due daily after one that failed, until one passes', () => {
    const failed = [mark('verified', '2026-01-02T04:00:00', { run: 'r0' }), mark('quarantined', '2026-01-03T04:00:00')];
    expect(due('2026-01-04T03:00:00', failed).due).toBe(false);
    expect(due('2026-01-04T04:00:00', failed)).toMatchObject({
      due: true,
      why: expect.stringContaining('20260102_031500'),
    });
    const passed = [...failed, mark('verified', '2026-01-04T05:00:00', { point: '20260104_031500', run: 'r2' })];
    expect(due('2026-01-06T00:00:00', passed)).toMatchObject({ due: false, failing: false });
  });

  it('failed where any point of the same look was condemned, whichever was looked at last', () => {
    const marks = [mark('quarantined', '2026-01-03T04:00:00'), mark('verified', '2026-01-03T04:01:00')];
    expect(due('2026-01-03T05:00:00', marks)).toMatchObject({ due: false, failing: true });
    expect(due('2026-01-04T05:00:00', marks)).toMatchObject({ due: true, failing: true });
  });

  it('is never later than the plan says, also after a failure', () => {
    const failed = [mark('quarantined', '2026-01-03T04:00:00')];
    const hourly = validationDue(failed, { depth: 'hashes', every: 3_600_000, now: new Date('2026-01-03T05:00:00Z') });
    expect(hourly.due).toBe(true);
  });

  it('takes a restore for a look at the hashes, and not the other way round', () => {
    expect(due('2026-01-03T00:00:00', [mark('proven', '2026-01-02T04:00:00', { depth: 'full' })]).due).toBe(false);
    expect(due('2026-01-03T00:00:00', [mark('verified', '2026-01-02T04:00:00')], 'full').due).toBe(true);
  });

  it('does not take the word of a person for a look', () => {
    const { depth: _, ...byHand } = mark('quarantined', '2026-01-03T04:00:00', { by: 'someone' });
    expect(due('2026-01-04T05:00:00', [mark('verified', '2026-01-02T04:00:00'), byHand]).due).toBe(false);
  });
});

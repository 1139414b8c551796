import fc from 'fast-check';
import { expect, test } from 'vitest';
import { durationSchema, formatDuration, parseDuration } from '../../domain/duration.ts';

const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

test('a duration is the sum of its parts', () => {
  const part = fc.tuple(fc.nat(500), fc.constantFrom('ms', 's', 'm', 'h', 'd'));
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 4 }), (parts) => {
      const text = parts.map(([amount, unit]) => `${amount}${unit}`).join('');
      const sum = parts.reduce((total, [amount, unit]) => total + amount * units[unit as keyof typeof units], 0);
      expect(durationSchema.parse(text)).toBe(sum);
    }),
  );
});

test('what is shown to people can be read back, to within the smaller unit that was dropped', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 30 * units.d }), (ms) => {
      const back = parseDuration(formatDuration(ms));
      const slack = ms >= units.d ? units.h : ms >= units.h ? units.m : ms >= units.m ? units.s : 501;
      expect(Math.abs(back - ms)).toBeLessThanOrEqual(slack);
    }),
  );
});

test.each(['15', '', '1 h', 'h', '-5m', '5x', '1h 30m', '٣m'])('%j is refused with the units to use', (text) => {
  expect(durationSchema.safeParse(text).error?.issues[0]?.message).toMatch(/needs a unit\. Try: 90s/);
});

test('a number without unit is refused', () => {
  expect(durationSchema.safeParse(90).success).toBe(false);
});

test.each([
  [250, '250ms'],
  [1500, '1.5s'],
  [90_000, '1m30s'],
  [5_400_000, '1h30m'],
  [90_061_000, '1d1h'],
  [-90_000, '-1m30s'],
  [Number.NaN, 'unknown'],
])('%d ms is shown as %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});

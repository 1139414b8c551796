/** The rules as the lab has them are those that are installed, but for their times. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { shortRules } from '../lab/alarms/support/short-rules.ts';

const file = fileURLToPath(new URL('../../deploy/prometheus/muster-alerts.yml', import.meta.url));
const installed = await readFile(file, 'utf8');

type Rule = Record<string, unknown> & { expr: string; for?: string; alert?: string };
const rulesOf = (text: string) => (parse(text) as { groups: { rules: Rule[] }[] }).groups.flatMap(({ rules }) => rules);
const one = (expr: string, more: object = {}) =>
  JSON.stringify({ groups: [{ name: 'g', rules: [{ alert: 'A', expr, ...more }] }] });
const short = (expr: string, factor: number) => rulesOf(shortRules(one(expr), factor))[0]?.expr;

test.each([
  ['avg_over_time(x[7d]) > 0.5 * y', 'avg_over_time(x[5040000ms]) > 0.5 * y'],
  ['min(x) - time() < 30 * 86400 > 0', 'min(x) - time() < 30 * 720 > 0'],
  ['time() - x > 900', 'time() - x > 7.5'],
  ['x{job="5m 900"} offset 1h30m > 1.1', 'x{job="5m 900"} offset 45000ms > 1.1'],
  ['p99_900s{a="1d"} == 0', 'p99_900s{a="1d"} == 0'],
])('%s, 120 times as fast, is %s', (expr, expected) => {
  expect(short(expr, 120)).toBe(expected);
});

test('how long a cause must last is divided, and a rule that fires at once still does', () => {
  const [waits, at] = rulesOf(shortRules(one('x', { for: '12h' }), 120)).concat(rulesOf(shortRules(one('x'), 120)));
  expect(waits?.for).toBe('360000ms');
  expect(at).not.toHaveProperty('for');
});

test('what is no time in a duration is refused', () => {
  expect(() => shortRules(one('x', { for: 'soon' }), 120)).toThrow('soon is no duration');
});

test('of the rules as installed only times differ, and with a factor of 1 nothing but how they are written', () => {
  const without = ({ expr, for: _, ...rule }: Rule) => ({ ...rule, expr: expr.replace(/[\d.]+(ms|[smhdwy])?/g, '#') });
  expect(rulesOf(shortRules(installed, 120)).map(without)).toEqual(rulesOf(installed).map(without));
  const numbers = (text: string) => rulesOf(text).flatMap(({ expr }) => expr.match(/\b[\d.]+\b/g) ?? []);
  expect(numbers(shortRules(installed, 1)).filter((each) => Number(each) < 1e6)).toEqual(numbers(installed));
});

/** A new one is to be looked at: is it a time? */
test('the only numbers that are taken for seconds are a day and a quarter of an hour', () => {
  const large = rulesOf(installed).flatMap(({ expr }) =>
    (expr.match(/\b\d+\b/g) ?? []).filter((each) => Number(each) >= 100),
  );
  expect([...new Set(large)].sort()).toEqual(['86400', '900']);
});

test('promtool finds nothing wrong with them', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'muster-short-'));
  await writeFile(join(folder, 'rules.yml'), shortRules(installed, 120));
  const { stdout } = await promisify(execFile)('promtool', ['check', 'rules', join(folder, 'rules.yml')]);
  expect(stdout).toContain(`SUCCESS: ${rulesOf(installed).length} rules found`);
  await rm(folder, { recursive: true });
});

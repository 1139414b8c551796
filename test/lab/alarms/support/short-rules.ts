/**
 * The rule file with all of its times divided by one factor, so that an hour passes in seconds. Names, labels, comparisons, ratios and
 * multiples stay as installed; what a plan promises comes short with the metrics, from a short plan.
 */
import { parse, stringify } from 'yaml';

interface RuleFile {
  readonly groups: readonly { readonly rules: readonly Rule[] }[];
}
type Rule = { readonly expr: string; readonly for?: string } & Readonly<Record<string, unknown>>;

/** ms */
const units = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000, y: 31_536_000_000 } as const;

/** In: the text of a rule file, and 120. Out: one with `for: 1h` as `30000ms`, `[7d]` as `[5040000ms]`, `30 * 86400` as `30 * 720`. */
export function shortRules(text: string, factor: number): string {
  const file = parse(text) as RuleFile;
  const groups = file.groups.map((group) => ({ ...group, rules: group.rules.map((rule) => shorter(rule, factor)) }));
  return stringify({ ...file, groups });
}

function shorter(rule: Rule, factor: number): Rule {
  return {
    ...rule,
    expr: shortExpression(rule.expr, factor),
    ...(rule.for === undefined ? {} : { for: shortDurations(rule.for, factor) }),
  };
}

/** Texts in quotes (values of labels) and names are nobody's time. */
function shortExpression(expr: string, factor: number): string {
  return expr.replace(/"[^"]*"|[a-zA-Z_:][\w:]*|\d[\d.]*[a-z\d]*/g, (word) => {
    if (!/^\d/.test(word)) return word;
    if (/[a-z]$/.test(word)) return shortDurations(word, factor);
    return isSeconds(word) ? String(Number(word) / factor) : word;
  });
}

/** Ratios, multiples and counts of days are small; a bare number this large in a rule is one of seconds. */
function isSeconds(word: string): boolean {
  return Number(word) >= 100;
}

function shortDurations(text: string, factor: number): string {
  const parts = [...text.matchAll(/(\d+)(ms|[smhdwy])/g)];
  if (parts.map(([part]) => part).join('') !== text) throw new Error(`${text} is no duration of Prometheus.`);
  const ms = parts.reduce((sum, [, count, unit]) => sum + Number(count) * units[unit as keyof typeof units], 0);
  return `${Math.round(ms / factor)}ms`;
}

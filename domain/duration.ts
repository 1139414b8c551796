/** Durations as people write them (`90s`, `15m`, `1h30m`), in milliseconds inside. A number without unit is refused. */
import { z } from 'zod';

const unitMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
type Unit = keyof typeof unitMs;
const shape = /^(\d+(\.\d+)?(ms|s|m|h|d))+$/;

/** In: `'1h30m'`. Out: whole milliseconds. */
export const durationSchema = z
  .string({ error: 'a duration needs a unit. Try: 90s, 15m or 1h30m' })
  .regex(shape, { error: 'a duration needs a unit. Try: 90s, 15m or 1h30m' })
  .transform(parseDuration);

/** `'1h30m'` -> 5400000. The text must match the schema. */
export function parseDuration(text: string): number {
  let total = 0;
  for (const [, amount, , unit] of text.matchAll(/(\d+(\.\d+)?)(ms|s|m|h|d)/g)) {
    total += Number(amount) * unitMs[unit as Unit];
  }
  return Math.round(total);
}

/** 5400000 -> `'1h30m'`; the two largest units, for people. Below a second: `'250ms'`. */
export function formatDuration(ms: number): string {
  if (!Number.isFinite(ms)) return 'unknown';
  if (ms < 0) return `-${formatDuration(-ms)}`;
  if (ms < 1000) return `${Math.round(ms)}ms`;
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)}s`;
  let rest = Math.round(ms / 1000) * 1000;
  const parts: string[] = [];
  for (const unit of ['d', 'h', 'm', 's'] as const) {
    const amount = Math.floor(rest / unitMs[unit]);
    if (amount > 0) parts.push(`${amount}${unit}`);
    rest -= amount * unitMs[unit];
  }
  return parts.slice(0, 2).join('');
}

/** 5400000 -> `'90m'`: exactly, as a program reads it back. */
export function formatLength(ms: number): string {
  const unit = (['d', 'h', 'm', 's'] as const).find((each) => ms > 0 && ms % unitMs[each] === 0) ?? 'ms';
  return `${ms / unitMs[unit]}${unit}`;
}

/** Answers to the plan's checks: out of a job's result lines, and against those of the recovery point. */
import { z } from 'zod';
import type { ComponentRecord } from '../../domain/points/recovery-point.ts';
import type { Verified } from '../archives/driver.ts';

const checkSchema = z.object({ type: z.literal('check'), name: z.string(), value: z.string() });

export function answersIn(results: readonly unknown[]): Map<string, string> {
  const checks = results.flatMap((line) => checkSchema.safeParse(line).data ?? []);
  return new Map(checks.map(({ name, value }) => [name, Buffer.from(value, 'base64').toString('utf8')]));
}

/** In the order of the plan, as a record has them. */
export function recorded<T extends { name: string; query: string }>(checks: readonly T[], results: readonly unknown[]) {
  const answers = answersIn(results);
  return checks.map(({ name, query }) => ({ name, query, value: answers.get(name) ?? '' }));
}

export function compareAnswers(component: string, record: ComponentRecord, results: readonly unknown[]): Verified {
  const answers = answersIn(results);
  const wrong = record.checks
    .filter(({ name, value }) => answers.get(name) !== value)
    .map(({ name, value }) => {
      const now = answers.get(name);
      return `${component}: check ${name} answers ${now ?? 'nothing'}, and at the recovery point it was ${value}`;
    });
  return { compared: record.checks.length, wrong, noted: [] };
}

/** A test message to the receivers of a plan: who took it, and who said that he has read it. Kept in the storage locations. */
import { z } from 'zod';
import { nameSchema } from '../plan/values.ts';

export const noticeTestEvent = 'notice-test';

export function noticeTestId(service: string): string {
  return `${service}/notice-test`;
}

/** Input of the workflow. */
export const noticeTestSchema = z.object({
  service: nameSchema,
  by: z.string().min(1),
  /** Names, as in the plan. */
  receivers: z.array(nameSchema).min(1),
  /** ms that somebody has to acknowledge it; not waited for where 0. */
  wait: z.number().int().min(0).default(0),
});
export type NoticeTest = z.output<typeof noticeTestSchema>;

/** As kept: `<service>/notices/test-<time>.json`. */
export const noticeTestResultSchema = z.object({
  service: z.string(),
  /** ISO */
  at: z.iso.datetime(),
  by: z.string(),
  receivers: z.array(z.object({ name: z.string(), sent: z.boolean(), why: z.string() })),
  /** Absent where nobody did, or nobody was waited for. */
  acknowledged: z.object({ by: z.string(), at: z.iso.datetime() }).optional(),
  /** ms */
  wait: z.number(),
});
export type NoticeTestResult = z.output<typeof noticeTestResultSchema>;

/** Every receiver took it, and somebody has read it where that was waited for. */
export function passed({ receivers, acknowledged, wait }: NoticeTestResult): boolean {
  return receivers.every(({ sent }) => sent) && (wait === 0 || acknowledged !== undefined);
}

/** The newest of all, and the newest that somebody acknowledged. */
export function newestTests(results: readonly NoticeTestResult[]): {
  readonly last?: NoticeTestResult;
  readonly acknowledged?: NoticeTestResult;
} {
  const byTime = results.toSorted((a, b) => b.at.localeCompare(a.at));
  return { last: byTime[0], acknowledged: byTime.find((result) => result.acknowledged !== undefined) };
}

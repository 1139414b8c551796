/** What `up` may be told. */
import * as z from 'zod';

export const labOptions = z.strictObject({
  /** From an EC2 start until the host begins to boot. */
  bootDelayMs: z.int().nonnegative().default(2000),
  /** `Name=Type`, as the Temporal server is to know them. */
  searchAttributes: z.array(z.string().regex(/^\w+=\w+$/)).default([]),
  /** What runs as the worker of each region; empty for none. `{region}` is replaced. */
  worker: z.array(z.string()).optional(),
  /** How often workers read their metrics, as `1s`; none are exported where it is absent. */
  metrics: z.string().optional(),
  /** What runs as the observer in the third place; empty for none. */
  observer: z.array(z.string()).optional(),
  /** Leave out: hosts' PostgreSQL, workers and so on stay as they are; only these processes are not started. */
  without: z.array(z.string()).default([]),
});

export type LabOptions = z.infer<typeof labOptions>;

/** A host as steps are given it: concrete, so that a run in flight needs no plan and no lookup. */
import { z } from 'zod';
import { secretSchema } from './plan/values.ts';

export const hostSchema = z.object({
  /** `app`, or `app-2` where a group has several. */
  name: z.string(),
  group: z.string(),
  site: z.string(),
  region: z.string(),
  /** EC2 instance id, where there is one. */
  instance: z.string().optional(),
  address: z.string(),
  ssh: z.object({ user: z.string(), port: z.number().int(), key: secretSchema, knownHosts: secretSchema }),
});
export type Host = z.infer<typeof hostSchema>;

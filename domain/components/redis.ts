/** Component of the plan: a Redis server (7 or newer), as one snapshot of all its databases. */
import { z } from 'zod';
import { absolutePath, secretSchema } from '../plan/values.ts';
import { checkSchema } from './check.ts';

export const redisComponent = z.strictObject({
  driver: z.literal('redis'),
  /** Its socket; without one it is reached at 127.0.0.1 and `port`. */
  socket: absolutePath.optional(),
  port: z.number().int().positive().default(6379),
  account: z.strictObject({ user: z.string().min(1).default('default'), password: secretSchema }).optional(),
  /** Run on the host around a restore, for example `systemctl start redis-server`. Without `stop` it is told to shut down. */
  start: z.string().min(1),
  stop: z.string().min(1).optional(),
  /** Commands that only read (`DBSIZE`, `GET version`): answered at the snapshot and compared after restore. Keys that expire make them differ. */
  checks: z.array(checkSchema).default([]),
});

/** Component of the plan: a PostgreSQL database, as a dump. */
import { z } from 'zod';
import { secretSchema } from '../plan/values.ts';
import { checkSchema } from './check.ts';

export const postgresqlComponent = z.strictObject({
  driver: z.literal('postgresql'),
  database: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/),
  owner: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/),
  /** The system user that reaches the server by peer authentication. */
  systemUser: z.string().default('postgres'),
  port: z.number().int().positive().default(5432),
  /** Read inside the dump's own snapshot and compared after restore. Each query answers one row of one column. */
  checks: z.array(checkSchema).default([]),
  /** Dumps side by side at most; the host's cores are another bound. */
  jobs: z.number().int().positive().max(64).default(4),
  /** Password of the owning role, set at restore on a bare server. */
  ownerPassword: secretSchema.optional(),
});

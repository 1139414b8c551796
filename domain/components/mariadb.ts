/** Component of the plan: a MariaDB or MySQL database, as a dump, and where wanted its binlogs for any moment in between. */
import { z } from 'zod';
import { absolutePath, secretSchema } from '../plan/values.ts';
import { checkSchema } from './check.ts';

export const mariadbComponent = z.strictObject({
  driver: z.literal('mariadb'),
  database: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/, {
    error: 'a database is named with letters, digits and _. Try: shop',
  }),
  socket: absolutePath.default('/run/mysqld/mysqld.sock'),
  /** The system user that reaches the server by its own name (unix_socket), when there is no password. */
  systemUser: z.string().default('root'),
  /** An account of the server with a password instead; it may do what root may. */
  account: z.strictObject({ user: z.string().min(1), password: secretSchema }).optional(),
  /** Read inside the dump's own snapshot and compared after restore. Each query answers one row of one column. */
  checks: z.array(checkSchema).default([]),
  /** The server's binlogs are shipped, and any moment after a recovery point can be restored. */
  binlogs: z.boolean().default(false),
});

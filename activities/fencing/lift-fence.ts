/**
 * Opens a database that a fence closed to writes, before it is restored over or promoted. Done under the lease of a recovery: its site
 * is the one that is brought up, and it has not served since the fence.
 */
import { z } from 'zod';
import { fencedDatabaseSchema } from '../../domain/fencing/fencing.ts';
import { hostSchema } from '../../domain/host.ts';
import { shellQuote } from '../hosts/shell-quote.ts';
import { defineStep } from '../step.ts';
import { waitFor } from '../waiting.ts';
import { askDatabase } from './database.ts';

const inputSchema = z.object({
  host: hostSchema,
  database: fencedDatabaseSchema,
  /** ms that the connection may take. */
  requestLimit: z.number().int().positive().default(10_000),
});

/** ms for which a server may not answer yet. */
const booting = 15_000;

/** Output: `{ outcome: 'opened' | 'open already' }` */
export const liftFence = defineStep({
  kind: 'liftFence',
  version: 1,
  input: inputSchema,
  title: ({ database, host }) => `Open ${database.component} on ${host.name}, if a fence closed it to writes`,
  shell: ({ host: { ssh, address }, database: { driver, systemUser, at } }) => {
    const open =
      driver === 'postgresql'
        ? `sudo -u ${systemUser} psql -p ${at} -c 'ALTER SYSTEM RESET default_transaction_read_only' -c 'SELECT pg_reload_conf()'`
        : `sudo -u ${systemUser} mariadb -S ${at} -e 'SET GLOBAL read_only = 0'`;
    return [`ssh -p ${ssh.port} ${ssh.user}@${address} ${shellQuote(open)}`];
  },
  limits: { startToClose: 60_000 },
  async check({ database, host, ...input }, context) {
    const look = () => askDatabase('look', database, host, input, context);
    // A host that has just booted answers before its database does.
    const early = await waitFor({ within: booting, signal: context.signal }, () => look().catch(() => undefined));
    const word = early ?? (await look());
    return word === 'open' ? { state: 'done', what: 'open already' } : { state: 'ready', what: 'closed by a fence' };
  },
  async before({ database, host, ...input }, context) {
    return { setting: await askDatabase('state', database, host, input, context) };
  },
  async run({ database, host, ...input }, context) {
    context.assertCurrent();
    return { outcome: await askDatabase('lift', database, host, input, context) };
  },
  /** The fence is there again: what came back from a run that was given up is not the site that serves. */
  async undo({ database, host, ...input }, before, context) {
    const { setting } = z.object({ setting: z.string() }).parse(before);
    if ((await askDatabase('state', database, host, input, context)) === setting) return;
    context.assertCurrent();
    await askDatabase('open', database, host, input, context, setting);
  },
});

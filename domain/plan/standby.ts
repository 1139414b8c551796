/** How the standby of a component comes to its data: restored from a recovery point, or replicated all the time. */
import { z } from 'zod';
import { absolutePath, secretSchema, someTime } from './values.ts';

/** Goes into settings of a server and into file names, which have no quoting to rely on. */
const plainPath = absolutePath
  .refine((path) => /^[A-Za-z0-9_./@+-]+$/.test(path), { error: 'a plain path, without spaces or quotes' })
  .refine((path) => path.split('/').filter(Boolean).length > 1, {
    error: 'that lies right below /. Try: a folder in it',
  });

const account = z.string().regex(/^[a-z_][a-z0-9_]{0,62}$/, {
  error: 'lower-case letters, digits and underscores. Try: replicator',
});

/** PostgreSQL's streaming replication: one physical slot, one standby, the same data directory at every site. */
const replicaSchema = z.strictObject({
  strategy: z.literal('replica'),
  dataDirectory: plainPath,
  /** Where `postgresql.conf` is not in the data directory, as on Debian. */
  configFile: plainPath.optional(),
  /** Commands on the database's host; `stop` ends when it has stopped. */
  start: z.string().min(1),
  stop: z.string().min(1),
  /** Role with REPLICATION, which pg_rewind uses as well. */
  user: account,
  password: secretSchema,
  /** Physical slot, made on whichever server is the primary. */
  slot: account,
  /** As the primary's `pg_stat_replication` shows the standby; the slot's name where nothing is said. */
  applicationName: account.optional(),
  sslmode: z.enum(['prefer', 'require', 'verify-ca', 'verify-full']).default('prefer'),
  /** The most that the standby may be behind before a switchover: more than either is a risk, and is waited for. */
  maximumLag: z
    .strictObject({
      time: someTime.default(10_000),
      bytes: z
        .number()
        .int()
        .positive()
        .default(16 * 1024 * 1024),
    })
    .prefault({}),
  /** How long a step waits for the standby to catch up, and to stream again. */
  within: someTime.default(120_000),
});

/**
 * Restored ahead: by `sync`, as a schedule says, so that a failover need not fetch it; and by a planned move before the writers are
 * stopped, then shown to be the same still.
 */
const warmSchema = z.strictObject({
  strategy: z.literal('warm'),
  /** A copy that is of an older moment is a warning. */
  maximumAge: someTime.default(86_400_000),
});

export const standbySchema = z.discriminatedUnion('strategy', [
  z.strictObject({ strategy: z.literal('restore') }),
  warmSchema,
  replicaSchema,
]);

export type WarmSettings = z.infer<typeof warmSchema>;
export type ReplicaSettings = z.infer<typeof replicaSchema>;

/** What seldom changes while it is served: code, configuration, certificates. */
export function isWarm<Given extends { readonly standby?: { strategy: string } | undefined }>(
  given: Given,
): given is Given & { standby: WarmSettings } {
  return given.standby?.strategy === 'warm';
}

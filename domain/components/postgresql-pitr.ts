/** Component of the plan: a PostgreSQL cluster that can be brought back to any moment, by pgBackRest and its archive of the log. */
import { z } from 'zod';
import { absolutePath, nameSchema, secretSchema, someTime } from '../plan/values.ts';
import { checkSchema } from './check.ts';

/** Goes into configuration files and options of a server, which have no quoting to rely on. */
const plainPath = absolutePath
  .refine((path) => /^[A-Za-z0-9_./@+-]+$/.test(path), { error: 'a plain path, without spaces or quotes' })
  .refine((path) => path.split('/').filter(Boolean).length > 1, {
    error: 'a restore cannot replace what lies right below /. Try: a folder in it',
  });

/** In how many places the repository lies, where the store or the file system keeps it in several by itself. One where absent. */
const copies = z.number().int().positive().optional();

const repositorySchema = z.union([
  z.strictObject({
    copies,
    /** An S3 location of the plan. The repository has a prefix of its own there. */
    location: nameSchema,
    /** Default `<the location's prefix>/pgbackrest/<stanza>`. */
    prefix: z
      .string()
      .regex(/^[A-Za-z0-9_.-]+(\/[A-Za-z0-9_.-]+)*$/, { error: 'a prefix looks like pgbackrest/orders' })
      .optional(),
    /** A key that may do nothing outside that prefix; the location's own where absent. */
    accessKeyId: secretSchema.optional(),
    secretAccessKey: secretSchema.optional(),
    /** On the host: whom to believe when the endpoint's certificate is of an authority of one's own. */
    caFile: plainPath.optional(),
  }),
  /** A folder of the host, which should lie on another machine (NFS). */
  z.strictObject({ copies, directory: plainPath }),
]);

export const postgresqlPitrComponent = z.strictObject({
  driver: z.literal('postgresql-pitr'),
  /** pgBackRest's name of the cluster. */
  stanza: nameSchema,
  dataDirectory: plainPath,
  /** The system user that the server runs as, and that reaches it by peer authentication. */
  systemUser: z.string().default('postgres'),
  port: z.number().int().positive().default(5432),
  repository: repositorySchema,
  /** pgBackRest encrypts all it stores with this; without it nothing can be restored. */
  cipherPass: secretSchema,
  /** Commands on the host; `stop` ends when it has stopped. */
  start: z.string().min(1),
  stop: z.string().min(1),
  /** How long a segment of the log may take into the repository before a backup gives up. */
  archiveTimeout: someTime.default(60_000),
  /** `pgbackrest verify` reads the whole repository: after `full` backups, after each, or never. */
  verify: z.enum(['full', 'always', 'never']).default('full'),
  /** Database in which the checks are asked. */
  database: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/)
    .default('postgres'),
  /** Asked when the moment is reached, before the server is opened; a query that fails refuses the restore. */
  checks: z.array(checkSchema).default([]),
});

/** What a service is made of and comes back from a recovery point: trees of files, databases. */
import { z } from 'zod';
import { durationSchema } from './duration.ts';
import { absolutePath, nameSchema, octalMode, secretSchema } from './plan-values.ts';

const checkSchema = z.strictObject({ name: nameSchema, query: z.string().min(1) });

/** A restore replaces each path by a rename, which nothing right below the root allows. */
const restorable = absolutePath.refine((path) => path.split('/').filter(Boolean).length > 1, {
  error: 'a restore cannot replace what lies right below /. Try: name the folders in it',
});

const filesComponent = z.strictObject({
  driver: z.literal('files'),
  /**
   * Files and trees. The last part of a path may be a glob (`/etc/ssl/certs/spacetime-*`), which is expanded on the host
   * when the point is taken; a restore takes what the point has.
   */
  paths: z.array(restorable).min(1),
  exclude: z.array(z.string()).default([]),
  /** Only files changed within this time are taken (the runbook's logs of the last 7 days). */
  newerThan: durationSchema.optional(),
  /** Applied after restore, in order; runbook step 9. */
  permissions: z
    .array(
      z.strictObject({
        path: absolutePath,
        owner: z.string().optional(),
        mode: octalMode.optional(),
        recursive: z.boolean().default(false),
      }),
    )
    .default([]),
  /** Run on the host after the files are in place, for example `systemctl daemon-reload`. */
  afterRestore: z.array(z.string()).default([]),
  /** Files that must be there after a restore. */
  expected: z.array(absolutePath).default([]),
  /** A git checkout on the host whose version and commit a recovery point records. */
  versionFrom: absolutePath.optional(),
});

const postgresqlComponent = z.strictObject({
  driver: z.literal('postgresql'),
  database: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/),
  owner: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/),
  /** The system user that reaches the server by peer authentication. */
  systemUser: z.string().default('postgres'),
  port: z.number().int().positive().default(5432),
  /** Read inside the dump's own snapshot and compared after restore. Each query answers one row of one column. */
  checks: z.array(checkSchema).default([]),
  /** Password of the owning role, set at restore on a bare server. */
  ownerPassword: secretSchema.optional(),
});

const componentBase = {
  name: nameSchema,
  host: nameSchema,
  /** Lower ranks are restored first; one rank is restored side by side. */
  rank: z.number().int().nonnegative(),
  rpo: durationSchema.optional(),
};
export const componentSchema = z.discriminatedUnion('driver', [
  filesComponent.extend(componentBase),
  postgresqlComponent.extend(componentBase),
]);
export type Component = z.infer<typeof componentSchema>;
export type FilesComponent = Extract<Component, { driver: 'files' }>;
export type PostgresqlComponent = Extract<Component, { driver: 'postgresql' }>;

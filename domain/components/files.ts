/** Component of the plan: files and trees of a host. */
import { z } from 'zod';
import { durationSchema } from '../duration.ts';
import { absolutePath, octalMode } from '../plan/values.ts';

/** A restore replaces each path by a rename, which nothing right below the root allows. */
const restorable = absolutePath.refine((path) => path.split('/').filter(Boolean).length > 1, {
  error: 'a restore cannot replace what lies right below /. Try: name the folders in it',
});

export const filesComponent = z.strictObject({
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

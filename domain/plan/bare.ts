/** What a bare host is given before anything is restored onto it: packages, users, and the units that start with it. */
import { z } from 'zod';
import { absolutePath, nameSchema } from './values.ts';

const account = z.string().regex(/^[a-z_][a-z0-9_-]{0,31}$/, {
  error: 'a user or group is lower-case letters, digits, _ and -. Try: spacetime-app',
});

const bareHostSchema = z.strictObject({
  /** As the distribution of the host calls them. */
  packages: z
    .array(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9.+_-]*$/, { error: 'a package is a name without options' }))
    .default([]),
  /** System users; one that is there already stays as it is. */
  users: z
    .array(
      z.strictObject({
        name: account,
        /** Its own where nothing is said. */
        group: account.optional(),
        uid: z.number().int().positive().optional(),
        home: absolutePath.default('/nonexistent'),
        shell: absolutePath.default('/usr/sbin/nologin'),
      }),
    )
    .default([]),
  /** Enabled after the restore, which brings their files. */
  units: z
    .array(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9:._@-]*$/, { error: 'a unit is a name, such as nginx.service' }))
    .default([]),
});

/** By host group. */
export const bareSchema = z.record(nameSchema, bareHostSchema);

/** What a point records of a PostgreSQL database beyond its dumps; written by the capture's job, read by a restore. */
import { z } from 'zod';

const roleSchema = z.object({
  name: z.string(),
  login: z.boolean(),
  inherit: z.boolean(),
  createdb: z.boolean(),
  limit: z.number(),
  until: z.string().nullish(),
  /** SUPERUSER and the like: named, never given back by a restore. */
  powers: z.array(z.string()),
  /** `name=value`, as are those below. */
  settings: z.array(z.string()),
});

/** Roles the database depends on, with the groups they are in and their members; settings and grants of the database itself. */
const globalsSchema = z.object({
  roles: z.array(roleSchema),
  memberships: z.array(z.object({ role: z.string(), member: z.string(), admin: z.boolean() })),
  settings: z.array(z.object({ role: z.string().nullish(), setting: z.string() })),
  /** Null: as a new database has them. `to` is null for PUBLIC. */
  grants: z.array(z.object({ to: z.string().nullish(), what: z.string(), grantable: z.boolean() })).nullable(),
});

/** What stands with a default was not recorded by earlier points. */
export const postgresqlDetails = z.object({
  /** `dump`: archive 0 is all. `tables`: the others have the rows of the tables that `tables` names. */
  layout: z.enum(['dump', 'tables']).default('dump'),
  database: z.string(),
  owner: z.string(),
  encoding: z.string(),
  collate: z.string(),
  ctype: z.string(),
  /** `c` for the C library, `i` for ICU. */
  provider: z.string().default('c'),
  icuLocale: z.string().nullish(),
  serverVersion: z.string(),
  size: z.number(),
  roles: z.array(z.string()),
  extensions: z.array(z.string()),
  tablespaces: z.array(z.string()).default([]),
  globals: globalsSchema.optional(),
  /** By archive; quoted as SQL wants them. */
  tables: z.array(z.object({ archive: z.number(), names: z.array(z.string()) })).default([]),
});

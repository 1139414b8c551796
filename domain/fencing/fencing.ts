/** What fencing a site is told, and what it answers. */
import { z } from 'zod';
import { hostSchema } from '../host.ts';
import { fencingMethods } from '../plan/fencing.ts';

/** A database of the site, as far as a script on its host must know it. */
export const fencedDatabaseSchema = z.object({
  component: z.string(),
  group: z.string(),
  driver: z.enum(['postgresql', 'mariadb']),
  database: z.string(),
  systemUser: z.string(),
  /** Port of PostgreSQL, socket of MariaDB. */
  at: z.string(),
});
export type FencedDatabase = z.infer<typeof fencedDatabaseSchema>;

/** A database whose writes the method `database` does not end; its group is empty where no host has it. */
const notClosableSchema = z.object({ component: z.string(), group: z.string(), why: z.string() });
export type NotClosable = z.infer<typeof notClosableSchema>;

/** A site as those who look at it without an assessment need it: its hosts are looked up when the step runs. */
export const siteInputSchema = z.object({
  site: z.string(),
  region: z.string(),
  /** Host group to how its hosts are found. */
  groups: z.record(
    z.string(),
    z.union([z.object({ tags: z.record(z.string(), z.string()) }), z.object({ addresses: z.array(z.string()) })]),
  ),
  ssh: hostSchema.shape.ssh,
  control: z.object({ host: z.string(), start: z.string(), stop: z.string(), state: z.string() }),
  databases: z.array(fencedDatabaseSchema),
  /** Absent, also in older playbooks: none. */
  notClosable: z.array(notClosableSchema).default([]),
  /** URL with `{host}`; takes a POST of `{ id, at }`. */
  canary: z.string().optional(),
  /** ms that one request to the site may take. */
  requestLimit: z.number().int().positive().default(4_000),
});
export type SiteInput = z.output<typeof siteInputSchema>;

/** The site that serves instead: nobody is to be left without any. One healthy host is enough. */
export const otherSiteSchema = siteInputSchema.extend({
  /** With `{host}`. */
  url: z.string(),
  expect: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
});

export const fenceSiteSchema = siteInputSchema.extend({
  service: z.string(),
  methods: z.array(z.enum(fencingMethods)).min(1),
  demand: z.enum(['any', 'proven']),
  /** The security group of the method `network`. */
  isolation: z.string().optional(),
  /** Absent where this run itself brings another site up. */
  other: otherSiteSchema.optional(),
  /** ms until an instance that was told to stop must be stopped. */
  within: z.number().int().positive().default(90_000),
});
export type FenceSiteInput = z.output<typeof fenceSiteSchema>;

export interface FenceTry {
  readonly method: FenceSiteInput['methods'][number];
  readonly outcome: 'fenced' | 'unreachable' | 'refused';
  readonly why: string;
}

export interface FenceSiteOutput {
  readonly outcome: 'fenced' | 'unreachable' | 'refused';
  readonly why: string;
  /** A write was tried afterwards and failed. */
  readonly proven: boolean;
  readonly tried: readonly FenceTry[];
}

/** What ends it when two sites take writes. */
export function fenceCommand(service: string, site: string): string {
  return `muster fence ${service} ${site} --reason "two sites take writes"`;
}

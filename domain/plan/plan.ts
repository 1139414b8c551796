/**
 * The plan: what a service is made of, where it runs, what was promised, and who is asked. One YAML file a service.
 *
 * Every value a step needs comes from here or from the world; secrets stand here only as references.
 */
import { z } from 'zod';
import { durationSchema } from '../duration.ts';
import { pointStates } from '../points/point-states.ts';
import { approvalsSchema } from './approvals.ts';
import { bareSchema } from './bare.ts';
import { componentSchema } from './component.ts';
import { compromiseSchema } from './compromise.ts';
import { managedDatabaseSchema } from './databases.ts';
import { declareSchema } from './declare.ts';
import { drillsSchema } from './drills.ts';
import { encryptionSchema } from './encryption.ts';
import { escalationSchema } from './escalation.ts';
import { fencingSchema } from './fencing.ts';
import { imagesSchema } from './images.ts';
import { isolationSchema } from './isolation.ts';
import { noticesSchema } from './notices.ts';
import { observersSchema } from './observers.ts';
import { readinessSchema } from './readiness.ts';
import { reportsSchema } from './reports.ts';
import { retentionSchema } from './retention.ts';
import { catchUpSchema, scheduleSchema, webhookSchema } from './schedules.ts';
import { slosSchema } from './slos.ts';
import { locationSchema } from './storage.ts';
import { trafficSchema } from './traffic.ts';
import { httpUrl, nameSchema, secretSchema, someTime } from './values.ts';

/** Looks after a recovery that one run's history has room for. */
const mostLooks = 2_000;

/** Hosts are found by EC2 tags, or named by address where there is no EC2. */
const hostSelectorSchema = z.union([
  z.strictObject({
    tags: z.record(z.string(), z.string()).refine((tags) => Object.keys(tags).length > 0, {
      error: 'without a tag every instance of the region is meant. Try: { Environment: dr-spacetime }',
    }),
    count: z.number().int().positive().default(1),
  }),
  z.strictObject({ addresses: z.array(z.string()).min(1) }),
]);

const sshSchema = z.strictObject({
  user: z.string().min(1),
  port: z.number().int().positive().default(22),
  key: secretSchema,
  /** OpenSSH known_hosts lines. A host whose key is not there is refused. */
  knownHosts: secretSchema,
});

const siteSchema = z.strictObject({
  role: z.enum(['primary', 'standby']),
  region: z.string().min(1),
  /** Group name (`app`, `db`) to how its hosts are found. */
  hosts: z.record(nameSchema, hostSelectorSchema),
  ssh: sshSchema,
  /** The storage location that is nearest to this site. */
  storage: nameSchema,
  /** Copies of the other site's instances that are kept in this region while it is the standby. */
  images: imagesSchema.optional(),
  /** Recipient certificate (PEM) and private key of the site: recovery points are sealed to it. */
  certificate: z.strictObject({ file: z.string() }),
  key: secretSchema,
  /** Keys before this one, tried after it: until every recovery point is sealed to the new certificate. */
  previousKeys: z.array(secretSchema).default([]),
});

/** Procedures that may carry a promise, also those that Muster does not run yet: the runbook promises them all. */
export const objectiveNames = [
  'backup',
  'failover',
  'failback',
  'switchover',
  'full-recovery',
  'point-in-time',
  'configuration-rollback',
  'partial-recovery',
] as const;

const rtoSchema = z
  .strictObject({ expected: durationSchema, maximum: durationSchema })
  .refine(({ expected, maximum }) => expected <= maximum, {
    error: 'expected is longer than maximum. Try: exchange them',
  });

/** A command of the plan's own: on a host group of the target site, or on the worker. */
const commandSchema = z.strictObject({
  title: z.string().min(1),
  run: z.string().min(1),
  on: z.union([z.literal('worker'), nameSchema]).default('worker'),
  limit: someTime.default(60_000),
});

export const planSchema = z.strictObject({
  service: nameSchema,
  title: z.string().min(1),
  description: z.string().optional(),
  owner: z.string().min(1),
  approver: z.string().optional(),
  contacts: z
    .array(
      z.strictObject({
        role: z.string(),
        email: z.email().optional(),
        phone: z.string().optional(),
        pagerduty: z.string().optional(),
      }),
    )
    .default([]),
  review: z
    .strictObject({ last: z.iso.date(), next: z.iso.date() })
    .refine(({ last, next }) => last <= next, { error: 'the next review is before the last. Try: a later date' })
    .optional(),
  objectives: z.strictObject({
    rpo: durationSchema,
    /** The state from which on a recovery point counts for the RPO. */
    counts: z.enum(pointStates).default('replicated'),
    rto: z.record(nameSchema, rtoSchema),
    /** How often promises have to be kept, over which time; `muster objectives` judges by defaults where absent. */
    slos: slosSchema.optional(),
  }),
  sites: z.record(nameSchema, siteSchema),
  storage: z.record(nameSchema, locationSchema),
  /** The offline recipient: restores when every site is gone. */
  offline: z.strictObject({ certificate: z.strictObject({ file: z.string() }) }),
  /** Ed25519 keys. `public` are pinned (PEM); manifests by anyone else are refused. `key` signs new points. */
  signer: z.strictObject({
    key: secretSchema,
    pinned: z.array(z.strictObject({ file: z.string() })).min(1),
  }),
  encryption: encryptionSchema.prefault({}),
  components: z.array(componentSchema).min(1),
  /** Databases that a cloud runs, with a read replica at the other site. */
  databases: z.array(managedDatabaseSchema).optional(),
  control: z.strictObject({
    host: nameSchema,
    start: z.string().min(1),
    stop: z.string().min(1),
    /** Exits 0 exactly when the service runs. */
    state: z.string().min(1),
  }),
  health: z.strictObject({
    /** `{host}` stands for the address of a host of `control.host`. */
    url: httpUrl,
    /** The service's own name, as its users reach it. */
    publicUrl: httpUrl.refine((url) => URL.canParse(url) && !url.includes('{'), {
      error: 'this is no address that users could open. Try: http://spacetime-api.company.com:8080/status',
    }),
    expect: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
    successes: z.number().int().positive().default(3),
    interval: someTime.default(5_000),
    timeout: someTime.default(5_000),
    within: someTime.default(300_000),
  }),
  traffic: trafficSchema,
  /** How a site is kept from writing; without it, its instances are stopped. */
  fencing: fencingSchema.optional(),
  observer: z.strictObject({ url: z.url() }).optional(),
  /** Vantage points that look at the service all the time, how, and what they write. */
  observers: observersSchema.optional(),
  /** Who may declare an outage besides a person. */
  declare: declareSchema.optional(),
  approvals: approvalsSchema.prefault({}),
  /** What `restore --bare` makes on a host of a group first. */
  bare: bareSchema.optional(),
  /** How many good copies make a point count as replicated. */
  copies: z.number().int().positive().default(2),
  /** What is kept for how long; without it nothing is ever deleted. */
  retention: retentionSchema.optional(),
  notices: noticesSchema,
  /** A world of its own for a rehearsed failover. */
  isolation: isolationSchema.optional(),
  /** Who is told next when nobody answers; without it a notice is said once. */
  escalation: escalationSchema.optional(),
  /** What changes hands after a breach. */
  compromise: compromiseSchema.optional(),
  /** Runbook step 6, "Update monitoring". */
  monitoring: z.array(commandSchema).default([]),
  manual: z
    .array(z.strictObject({ title: z.string(), instructions: z.string(), before: z.enum(['cutover', 'end']) }))
    .default([]),
  /** Runbook: "Monitor service for 1 hour to ensure stability". */
  watch: z
    .strictObject({ for: durationSchema, every: someTime })
    .refine(({ for: whole, every }) => every === 0 || whole / every <= mostLooks, {
      error: `these are more than ${mostLooks} looks. Try: a longer time between them`,
    })
    .prefault({ for: '1h', every: '30s' }),
  /** Times after which a step gives up and asks a person. */
  limits: z.strictObject({ boot: someTime.default(300_000) }).prefault({}),
  /** What happens by itself, and when. */
  schedules: z.array(scheduleSchema).default([]),
  catchUp: catchUpSchema.optional(),
  /** What is rehearsed, and when. */
  drills: drillsSchema.optional(),
  webhook: webhookSchema.optional(),
  /** What a look at readiness asks besides a failover's own steps. */
  readiness: readinessSchema.optional(),
  /** When months and quarters are reported by themselves. */
  reports: reportsSchema.optional(),
  queues: z.strictObject({ fallback: z.string().default('muster-fallback') }).prefault({}),
});
export type Plan = z.infer<typeof planSchema>;
export type Site = Plan['sites'][string];

/** The site of a role, if the plan has exactly one. */
export function siteOfRole(plan: Plan, role: Site['role']): string | undefined {
  const names = Object.keys(plan.sites).filter((name) => plan.sites[name]?.role === role);
  return names.length === 1 ? names[0] : undefined;
}

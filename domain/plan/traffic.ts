/** How the traffic of a service is led: its names, where each leads at each site, and what moves them. */
import { z } from 'zod';
import { durationSchema } from '../duration.ts';
import { httpUrl, nameSchema } from './values.ts';

const targetSchema = z.union([
  z.strictObject({
    alias: z.strictObject({ zone: z.string(), name: z.string(), evaluateTargetHealth: z.boolean().default(false) }),
  }),
  z.strictObject({ addresses: z.array(z.string()).min(1), ttl: durationSchema }),
]);
export type TrafficTarget = z.infer<typeof targetSchema>;

/** The object that a health check watches in place of the primary. */
const switchSchema = z.strictObject({
  /** Storage location it lies in; the standby's own where absent. */
  location: nameSchema.optional(),
  /** Key below the location's prefix; `<service>/switch/<name>` where absent. */
  key: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._/-]*$/, {
      error: 'letters, digits, dots, dashes and slashes. Try: spacetime/switch',
    })
    .optional(),
  /** True: while the object is there, the traffic goes to the standby. False: it goes there while the object is not. */
  inverted: z.boolean().default(true),
  /** Where health checks read it without credentials; as the driver tells where absent. */
  url: httpUrl.optional(),
  /** Looks of a health check: Route 53 has 10 s and 30 s between them, and 1 to 10 failures in a row. */
  every: durationSchema
    .refine((ms) => ms === 10_000 || ms === 30_000, { error: 'Route 53 looks every 10 or 30 seconds. Try: 10s' })
    .default(10_000),
  failures: z.number().int().min(1).max(10).default(3),
});
export type SwitchSettings = z.infer<typeof switchSchema>;

/** Weighted record sets that stand there, one a site. */
const weightedSchema = z.strictObject({
  /** Site to the set identifier of its record. */
  identifiers: z.record(nameSchema, z.string().min(1)),
  /** Shares of the traffic in a planned move, per cent: each is held, and the site looked at, before the next. */
  shifts: z
    .array(z.number().int().min(1).max(100))
    .refine((shifts) => shifts.at(-1) === 100 && shifts.every((each, index) => each > (shifts[index - 1] ?? 0)), {
      error: 'shares rise, and the last one is all of it. Try: [10, 50, 100]',
    })
    .default([10, 50, 100]),
  hold: durationSchema.default(60_000),
});

/** Failover record sets that stand there, one a site; a move exchanges their roles. */
const failoverSchema = z.strictObject({ identifiers: z.record(nameSchema, z.string().min(1)) });

const recordSchema = z
  .strictObject({
    name: z.string().min(1),
    type: z.literal('A').default('A'),
    /** `record`: Route 53 is told to change it. `switch`: failover records stand there, and an object decides between them. */
    via: z.enum(['record', 'switch']).default('record'),
    /** How long resolvers may hold the old answer. An alias has no TTL of its own. With a switch, its health check's time too. */
    wait: durationSchema,
    sites: z.record(nameSchema, targetSchema),
    /** Where the name points while no site serves. */
    withdrawn: targetSchema.optional(),
    switch: switchSchema.optional(),
    weighted: weightedSchema.optional(),
    failover: failoverSchema.optional(),
    /** How long an answer may be kept from some time before a planned move on; lowered and waited out. Not for an alias. */
    lowered: durationSchema.refine((ms) => ms >= 1_000, { error: 'Route 53 counts in seconds. Try: 5s' }).optional(),
  })
  .refine(({ weighted, failover, via, withdrawn }) => !(weighted ?? failover) || (via === 'record' && !withdrawn), {
    path: ['withdrawn'],
    error: 'routed records have no switch, and lead to some site always. Try: without `via: switch` and `withdrawn`',
  })
  .refine(({ weighted, failover }) => !weighted || !failover, {
    path: ['failover'],
    error: 'records are weighted or failover, not both. Try: one of them',
  })
  .refine(({ weighted, failover, sites }) => sameNames((weighted ?? failover)?.identifiers ?? sites, sites), {
    path: ['sites'],
    error: 'every site has one routed record. Try: an identifier for each of `sites`',
  })
  .refine(({ via, switch: object }) => via === 'switch' || object === undefined, {
    path: ['switch'],
    error: 'only a record with "via: switch" has one. Try: via: switch',
  })
  .refine(({ via, withdrawn }) => via === 'record' || withdrawn === undefined, {
    path: ['withdrawn'],
    error: 'a switch leads to one site or the other, never nowhere. Try: leave it out',
  })
  .refine(({ via, sites }) => via === 'record' || Object.keys(sites).length === 2, {
    path: ['sites'],
    error: 'a switch has two positions. Try: two sites',
  });
export type TrafficRecord = z.infer<typeof recordSchema>;

function sameNames(a: object, b: object): boolean {
  return Object.keys(a).sort().join() === Object.keys(b).sort().join();
}

export const trafficSchema = z.strictObject({
  zone: z.string().min(1),
  /** DNS server to ask when looking from outside, `address` or `address:port`; the system's when absent. */
  resolver: z
    .string()
    .regex(/^(\d{1,3}(\.\d{1,3}){3}(:\d+)?|\[[0-9a-f:]+\](:\d+)?|[0-9a-f:]+)$/i, {
      error: 'a resolver is an IP address with a port. Try: 192.0.2.53:53',
    })
    .optional(),
  records: z.array(recordSchema).min(1),
});

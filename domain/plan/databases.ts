/** Databases that a cloud runs: no host of the service has them and no recovery point holds them. Their standby is a read replica. */
import { z } from 'zod';
import { durationSchema } from '../duration.ts';
import { nameSchema, someTime } from './values.ts';

/** As RDS has it: it begins with a letter, and dashes stand alone and inside. */
const instanceSchema = z
  .string()
  .max(63)
  .regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, {
    error: 'an instance identifier is lower-case letters, digits and single dashes. Try: orders-east',
  });

/** How the service finds the database after a move. */
const endpointSchema = z.union([
  /** The service at each site is configured with the instance of that site. */
  z.literal('own'),
  /** A CNAME of a hosted zone leads to the instance that takes writes. */
  z.strictObject({
    record: z.strictObject({
      zone: z.string().min(1),
      name: z.string().min(1),
      ttl: durationSchema.refine((ms) => ms >= 1_000, { error: 'Route 53 counts in seconds. Try: 5s' }).default(5_000),
    }),
  }),
  /** A command on every host of a group; `{address}` and `{port}` stand for the instance's. */
  z.strictObject({
    command: z.strictObject({
      on: nameSchema,
      run: z.string().regex(/\{address\}/, { error: 'the command never names the instance. Try: {address} in it' }),
      limit: someTime.default(60_000),
    }),
  }),
]);

export const managedDatabaseSchema = z.strictObject({
  name: nameSchema,
  kind: z.literal('rds'),
  /** Site to the identifier of its DB instance, in the site's region. */
  sites: z.record(nameSchema, z.strictObject({ instance: instanceSchema })),
  /** A read replica in another region. Nothing else can be promoted by RDS's API. */
  standby: z.strictObject({
    strategy: z.literal('replica'),
    /** More is a risk. */
    maximumLag: someTime.default(60_000),
    /** How long a promotion may take; RDS restarts the instance in it. */
    within: someTime.default(1_800_000),
    /** How long a failover looks whether the new replica is there, beside its watch; copying goes on after it. */
    rejoin: someTime.default(3_600_000),
  }),
  endpoint: endpointSchema,
  /** Days of automatic backups that a promoted instance keeps where it had none: without, nothing can replicate from it. */
  backupRetention: z.number().int().min(1).max(35).default(7),
});
export type ManagedDatabase = z.infer<typeof managedDatabaseSchema>;

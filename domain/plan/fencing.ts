/** How a site is kept from taking writes, and how sure a procedure must be of it. */
import { z } from 'zod';
import { httpUrl, nameSchema } from './values.ts';

/**
 * `instances`: its hosts are stopped through EC2. `service`: the service is stopped over SSH. `database`: its databases take
 * reads only, and sessions are ended. `network`: its instances get the security group that lets nobody in. The first that does it
 * is enough.
 */
export const fencingMethods = ['instances', 'service', 'database', 'network'] as const;
export type FencingMethod = (typeof fencingMethods)[number];

/** `proven`: a write was tried afterwards and failed. `any`: the method's own word is enough. */
const demandSchema = z.enum(['any', 'proven']).default('any');

export const fencingSchema = z
  .strictObject({
    /** In this order. */
    methods: z
      .array(z.enum(fencingMethods))
      .min(1)
      .refine((methods) => new Set(methods).size === methods.length, { error: 'a method stands there twice' })
      .default(['instances', 'service', 'database']),
    /** Takes a POST of `{ id, at }` and writes it; `{host}` stands for the address of a host of `control.host`. */
    canary: httpUrl.optional(),
    /** Site to the security group of `network`: whom it lets in may still write. */
    isolation: z
      .record(nameSchema, z.string().regex(/^sg-[0-9a-z]+$/, { error: 'a group is named sg-...' }))
      .default({}),
    failover: demandSchema,
    fence: demandSchema,
  })
  .refine(({ methods, isolation }) => !methods.includes('network') || Object.keys(isolation).length > 0, {
    path: ['isolation'],
    error: 'the method network needs a security group for each site. Try: isolation: { us-east-1: sg-0123 }',
  });

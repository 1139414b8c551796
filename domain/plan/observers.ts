/** Observers of a service, each in another place: how each one looks, and what it writes to be sure. */
import { z } from 'zod';
import { httpUrl, nameSchema, someTime } from './values.ts';

export const observersSchema = z
  .array(
    z.strictObject({
      /** Of the place: `frankfurt`, `office`. */
      name: nameSchema,
      /** Base URL of its API, as people and workers reach it. */
      url: z.url(),
      /** Where it listens, `address:port`; host and port of `url` where absent. */
      listen: z
        .string()
        .regex(/^\S+:\d+$/, { error: 'this is no address with a port. Try: 10.0.0.5:8390' })
        .optional(),
      /** Name server to ask, `address:port`; the system's own where absent. */
      resolver: z
        .string()
        .regex(/^\S+:\d+$/, { error: 'this is no address with a port. Try: 10.0.0.53:53' })
        .optional(),
      /** Between two requests, and the limit of each. */
      every: someTime.prefault('1s'),
      timeout: someTime.prefault('1s'),
      /** Writes through the service's own name: each that is acknowledged must still be there later. */
      canary: z.strictObject({ url: httpUrl, every: someTime.prefault('5s') }).optional(),
    }),
  )
  .min(1)
  .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, {
    error: 'two observers have one name. Try: name each for its place',
  })
  .refine((all) => new Set(all.map(({ url }) => new URL(url).host)).size === all.length, {
    error: 'the same observer twice is one vantage point. Try: name each once',
  });
export type PlannedObserver = z.output<typeof observersSchema>[number];

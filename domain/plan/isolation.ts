/** Where a failover is rehearsed in isolation: hosts, network and name of its own, none of which any site uses. */
import { z } from 'zod';
import { durationSchema } from '../duration.ts';
import { httpUrl, nameSchema } from './values.ts';

const launchSchema = z.strictObject({
  /** An AMI of the region, or `copied`: the newest copy of the serving host's image, which `sites.<name>.images` keeps there. */
  image: z.string().regex(/^(copied|ami-[0-9a-f]+)$/, {
    error: 'an image is an AMI or the word copied. Try: ami-0123456789abcdef0',
  }),
  type: z.string().min(1),
  subnet: z.string().regex(/^subnet-[0-9a-f]+$/, { error: 'a subnet has an id. Try: subnet-0123456789abcdef0' }),
  securityGroups: z
    .array(z.string().regex(/^sg-[0-9a-f]+$/, { error: 'a security group has an id. Try: sg-0123456789abcdef0' }))
    .min(1),
});

const drillHostsSchema = z.union([
  /** Spare instances: started for a drill, cleared and stopped after it. */
  z.strictObject({
    tags: z.record(z.string(), z.string()).refine((tags) => Object.keys(tags).length > 0, {
      error: 'without a tag every instance of the region is meant. Try: { Environment: drill-spacetime }',
    }),
    count: z.number().int().positive().default(1),
  }),
  /** Machines that are on, or with `launch` instances that are made with these addresses and terminated after the drill. */
  z.strictObject({ addresses: z.array(z.ipv4()).min(1), launch: launchSchema.optional() }),
]);

export const isolationSchema = z.strictObject({
  /** Whose key, SSH access, region and storage location it works with. Its hosts are not touched. */
  site: nameSchema,
  /** By host group: every group that something is restored to, and that of the service itself. */
  hosts: z.record(nameSchema, drillHostsSchema),
  /** A record of its own, made for the drill and removed after it. Without one the hosts are only asked by their addresses. */
  name: z
    .strictObject({
      name: z.string().min(1),
      /** Hosted zone id; that of the service where absent. */
      zone: z.string().min(1).optional(),
      ttl: durationSchema.default(5_000),
    })
    .optional(),
  /** What is asked by that name; `health.publicUrl` with the name in place of the service's own where absent. */
  url: httpUrl.optional(),
  /** An observer that watches that URL: without one nobody outside sees when the drill's service is up. */
  observer: z.url().optional(),
  /** Components that are not restored in a drill. */
  leaveOut: z.array(nameSchema).default([]),
  /** Run on every spare host after what was restored there was taken away again. */
  wipe: z.string().min(1).optional(),
});
export type Isolation = z.output<typeof isolationSchema>;

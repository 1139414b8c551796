/** Machine images at a standby: copies of the instances that serve, for the day on which its own hosts are gone or behind. P14: "Syncs AMIs/images". */
import { z } from 'zod';
import { nameSchema, someTime } from './values.ts';

export const imagesSchema = z.strictObject({
  /** Host groups of the site that serves, found by their tags. */
  of: z.array(nameSchema).min(1),
  /** A sync that finds a copy younger than this makes none. */
  every: someTime.default(86_400_000),
  /** Copies of a host that stay, the newest; the last one is never removed. */
  keep: z.number().int().positive().default(3),
  /** How long an image and its copy may take. */
  within: someTime.default(7_200_000),
  /** KMS key of this region that copies are encrypted with; as their image is, where nothing is said. */
  kmsKey: z.string().min(1).optional(),
});

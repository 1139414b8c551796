/** What a plan says of the keys that recovery points are sealed with. */
import { z } from 'zod';
import { durationSchema } from './duration.ts';

/** How parts are encrypted: both to a key pair of the point, whose private half is sealed to the recipients. */
export const filters = ['cms', 'gpg'] as const;

export const encryptionSchema = z.strictObject({
  filter: z.enum(filters).default('cms'),
  /** A certificate older than this is named as due by `muster keys check`. */
  rotateAfter: durationSchema.default(90 * 86_400_000),
});

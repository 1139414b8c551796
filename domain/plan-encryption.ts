/** What a plan says of the keys that recovery points are sealed with. */
import { z } from 'zod';
import { durationSchema } from './duration.ts';

export const encryptionSchema = z.strictObject({
  /** A certificate older than this is named as due by `muster keys check`. */
  rotateAfter: durationSchema.default(90 * 86_400_000),
});

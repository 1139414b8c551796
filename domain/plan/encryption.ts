/** What a plan says of the keys that recovery points are sealed with. */
import { z } from 'zod';
import { durationSchema } from '../duration.ts';
import { someTime } from './values.ts';

/** How parts are encrypted: both to a key pair of the point, whose private half is sealed to the recipients. */
export const filters = ['cms', 'gpg'] as const;

/** A person who may approve a restore by hand, and the public key that they sign with, as in an `allowed_signers` file. */
const approverSchema = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._@-]*$/, {
    error: "an approver's name is letters, digits and . _ @ -. Try: dana@example.com",
  }),
  key: z.string().regex(/^(sk-)?(ssh|ecdsa)-[a-z0-9@.-]+ [A-Za-z0-9+/=]+$/, {
    error: 'this is the line of an SSH public key without its comment. Try: ssh-ed25519 AAAA...',
  }),
});

const byHandSchema = z
  .strictObject({
    /** `required`: `restore.sh` of points taken from now on asks for a signed approval. */
    approval: z.enum(['none', 'required']).default('none'),
    approvers: z.array(approverSchema).default([]),
    /** How long after its own time an approval may be used. */
    within: someTime.default(12 * 3_600_000),
  })
  .refine(({ approval, approvers }) => approval === 'none' || approvers.length > 0, {
    path: ['approvers'],
    error: 'nobody could approve. Try: approvers: [{ name: dana@example.com, key: ssh-ed25519 AAAA... }]',
  });
export type ByHand = z.infer<typeof byHandSchema>;

export const encryptionSchema = z.strictObject({
  filter: z.enum(filters).default('cms'),
  /** A certificate older than this is named as due by `muster keys check`. */
  rotateAfter: durationSchema.default(90 * 86_400_000),
  byHand: byHandSchema.prefault({}),
});

/**
 * What is written about the private key of a recovery point after the point itself: to whom it was sealed anew, and who
 * opened it. Objects of their own, signed, because a manifest never changes.
 */
import { z } from 'zod';
import { pointIdSchema } from './recovery-point.ts';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** Name in the plan (a site, or `offline`) and SHA-256 of the certificate, hex. */
const sealedToSchema = z.object({ name: z.string(), sha256 });
export type SealedTo = z.infer<typeof sealedToSchema>;

/** Says what `key-<n>.cms` is; lies beside it as `key-<n>.json` with its signature. The first envelope is in the manifest instead. */
export const sealingSchema = z.object({
  format: z.literal(1),
  service: z.string(),
  point: pointIdSchema,
  n: z.number().int().min(2),
  /** Of the envelope, hex. */
  sha256,
  recipients: z.array(sealedToSchema).min(1),
  at: z.iso.datetime(),
  run: z.string(),
  /** Number of the envelope that was the newest before. */
  replaces: z.number().int().positive(),
});
export type Sealing = z.infer<typeof sealingSchema>;

export const keyPurposes = ['restore', 'check', 'verify', 'rotate'] as const;

/** A worker opened private keys of points with a key of its site. Written before they are opened. */
export const keyUseSchema = z.object({
  format: z.literal(1),
  service: z.string(),
  at: z.iso.datetime(),
  run: z.string(),
  step: z.string(),
  attempt: z.number().int().positive(),
  purpose: z.enum(keyPurposes),
  /** Whose keys. */
  points: z.array(pointIdSchema).min(1),
  /** The site whose key opened them. */
  site: z.string(),
  /** The machine of the worker. */
  worker: z.string(),
  /** The host that the keys went to; absent where they stayed with the worker. */
  host: z.string().optional(),
});
export type KeyUse = z.infer<typeof keyUseSchema>;

/** What the storage locations of every driver have in common, and how their addresses are judged. */
import { z } from 'zod';

/** Fields of every location. `region` is the store's own name of the place: `us-west-2`, `westeurope`, `europe-west4`. */
export const everyLocation = {
  region: z.string().min(1),
  prefix: z.string().default('muster'),
  /** Regions this location's data may lie in. */
  allowedRegions: z.array(z.string()).optional(),
};

/** For stores whose locks Muster does not set: whoever relies on one is told, instead of being left without. */
export const noLock = z
  .never({
    error: 'Muster sets retention locks on S3 only. Try: an immutability rule of the store itself, and no `lock` here',
  })
  .optional();

/** Fields of a location that is reached at an address of its own. */
export const ownEndpoint = {
  endpoint: z.url({ protocol: /^https?$/, error: 'an endpoint is a URL. Try: https://objects.example.com' }).optional(),
  /** Lets `endpoint` be http:// on a network of test machines. Whoever listens there can use the signed URLs. */
  insecure: z.literal(true).optional(),
};

/** http:// is for this machine alone, unless the plan says `insecure`. */
export function encryptedOrLocal(location: { readonly endpoint?: string; readonly insecure?: true }): boolean {
  return location.endpoint === undefined || location.insecure === true || isProtected(location.endpoint);
}

export const unencrypted = {
  path: ['endpoint'],
  error: 'http:// lets anyone on the way use the signed URLs. Try: https://, or "insecure: true" on a test network',
};

/** https, or an address of this machine. */
export function isProtected(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  return protocol === 'https:' || isLoopback(hostname);
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

/** A folder on a worker's machine: a disk of its own, or an NFS mount. Hosts reach it through the worker that serves it. */
import { z } from 'zod';
import { absolutePath, secretSchema } from '../plan/values.ts';
import { everyLocation, isLoopback, isProtected, noLock } from './shared.ts';

const listenSchema = z.string().regex(/^(\[[0-9a-f:]+\]|\d{1,3}(\.\d{1,3}){3}):\d{1,5}$/i, {
  error: 'where to listen is an IP address and a port. Try: 10.0.3.5:8443',
});

const servedSchema = z
  .strictObject({
    /** How hosts reach it, without a path. */
    url: z.url({ protocol: /^https?$/, error: 'this is no URL. Try: https://backup.example.com:8443' }),
    /** The worker that has this address serves the folder. */
    listen: listenSchema,
    /** PEM; hosts must trust who issued it. */
    certificate: z.strictObject({ file: z.string().min(1) }).optional(),
    key: secretSchema.optional(),
    /** Signs the URLs that hosts are given; the same for every worker, 32 characters or more. */
    secret: secretSchema,
  })
  .refine(({ url }) => isProtected(url), {
    path: ['url'],
    error: 'http:// is for 127.0.0.1 only. Try: https:// with a certificate and a key',
  })
  .refine(({ url, listen }) => url.startsWith('https:') || isLoopback(addressOf(listen).host), {
    path: ['listen'],
    error: 'without TLS this machine alone may be served. Try: 127.0.0.1 here, or https:// in url',
  })
  .refine(({ url, certificate, key }) => !url.startsWith('https:') || (certificate && key), {
    path: ['certificate'],
    error:
      'https:// needs a certificate and a key. Try: certificate: { file: backup.crt } and key: { file: backup.key }',
  });

export const localSchema = z.strictObject({
  driver: z.literal('local'),
  ...everyLocation,
  /** Must exist; it is never made, so that a disk that is not mounted is noticed. */
  folder: absolutePath,
  /** Refuses the folder while nothing is mounted there. */
  mounted: z.boolean().default(false),
  served: servedSchema,
  lock: noLock,
});
export type LocalLocation = z.infer<typeof localSchema>;

/** `'[::1]:8443'` -> `{ host: '::1', port: 8443 }` */
export function addressOf(listen: string): { host: string; port: number } {
  const colon = listen.lastIndexOf(':');
  return { host: listen.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(listen.slice(colon + 1)) };
}

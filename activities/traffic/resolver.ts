/** Asking a named DNS server rather than the machine's own, with limits and without a cache. */
import { Resolver } from 'node:dns/promises';

/** `resolver` is `address` or `address:port`; the system's servers when absent. */
export function makeResolver(resolver: string | undefined, timeout = 2_000): Resolver {
  const made = new Resolver({ timeout, tries: 1 });
  if (resolver) made.setServers([resolver]);
  return made;
}

/** Addresses of a name, sorted; empty when the name exists without an A record or not at all. */
export async function addressesOf(resolver: Resolver, name: string): Promise<string[]> {
  try {
    return (await resolver.resolve4(name)).sort();
  } catch (error) {
    if (['ENOTFOUND', 'ENODATA'].includes((error as NodeJS.ErrnoException).code ?? '')) return [];
    throw error;
  }
}

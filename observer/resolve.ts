/** From the service's name to an address: asked anew each time, or kept for its TTL as clients do. */
import { lookup, Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';

export type Resolve = (name: string) => Promise<string>;

/** `resolver` is `ADDRESS:PORT`; without it the system's own resolution is used, whose TTLs cannot be known. */
export function createResolve(options: { resolver?: string; honourTtl: boolean; timeoutMs: number }): Resolve {
  const ask = options.resolver ? fromServer(options.resolver, options.timeoutMs) : fromSystem;
  if (!options.honourTtl) return async (name) => (isIP(name) ? name : (await ask(name)).address);
  const kept = new Map<string, { address: string; until: number }>();
  return async (name) => {
    if (isIP(name)) return name;
    const known = kept.get(name);
    if (known && performance.now() < known.until) return known.address;
    const { address, ttl } = await ask(name);
    kept.set(name, { address, until: performance.now() + ttl * 1000 });
    return address;
  };
}

type Answer = { address: string; ttl: number };

function fromServer(server: string, timeoutMs: number): (name: string) => Promise<Answer> {
  const resolver = new Resolver({ timeout: timeoutMs, tries: 1 });
  resolver.setServers([server]);
  return async (name) => {
    const [first] = await resolver.resolve4(name, { ttl: true });
    if (!first) throw new Error(`${name} has no address`);
    return first;
  };
}

async function fromSystem(name: string): Promise<Answer> {
  return { address: (await lookup(name, { family: 4 })).address, ttl: 0 };
}

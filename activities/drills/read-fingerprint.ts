/** Reads what the real thing looks like: names, leases, switch objects, instances, hosts, the service itself, recovery points. Changes nothing. */
import { z } from 'zod';
import type { Fingerprint } from '../../domain/drills/fingerprint.ts';
import { mismatches } from '../../domain/health.ts';
import { hostSchema } from '../../domain/host.ts';
import { pointIdSchema } from '../../domain/points/point-id.ts';
import { layout } from '../../domain/points/recovery-point.ts';
import { readInstance } from '../compute/instances.ts';
import type { StepContext } from '../context.ts';
import { requestText } from '../health/request.ts';
import { hostFacts } from '../hosts/host-facts.ts';
import { readLease } from '../lease/lease-object.ts';
import type { ObjectStore } from '../storage/store.ts';
import { readSets } from '../traffic/record-sets.ts';
import { withLimit } from '../waiting.ts';

export const realThingSchema = z.object({
  service: z.string(),
  zone: z.string(),
  names: z.array(z.string()),
  /** Name to where its switch object lies. */
  switches: z.array(z.object({ name: z.string(), location: z.string(), key: z.string() })),
  /** Beside a site: only there is a lease ever taken. */
  leases: z.array(z.string()),
  locations: z.array(z.string()),
  /** Of every site. */
  hosts: z.array(hostSchema),
  /** The plan's `control`: where and how one asks whether the service runs. */
  serving: z.object({ group: z.string(), state: z.string() }),
  url: z.string(),
  expect: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  resolver: z.string().optional(),
  /** ms for one look. */
  timeout: z.number().int().positive(),
});
export type RealThing = z.output<typeof realThingSchema>;

/** Looks at the service until one is good, and at a host until it answers. */
const looks = 3;
/** ms until a host that does not answer counts as out of reach. */
const hostLimit = 10_000;

/**
 * @param points  recovery points to look at again, by location; the newest of each where absent
 * @throws whatever a store or a control plane throws: what could not be read is not known to be untouched
 */
export async function readFingerprint(
  real: RealThing,
  context: StepContext,
  points?: Fingerprint['points'],
): Promise<Fingerprint> {
  const [records, switches, leases, power, service, newest] = await Promise.all([
    recordsOf(real, context),
    switchesOf(real, context),
    leasesOf(real, context),
    instancesOf(real, context),
    serviceOf(real, context),
    pointsOf(real, context, points),
  ]);
  const hosts = await hostsOf(real, power, context);
  return { records, switches, leases, instances: power, hosts, service, points: newest };
}

async function recordsOf({ zone, names }: RealThing, context: StepContext): Promise<Fingerprint['records']> {
  const client = await context.route53();
  return await eachOf(names, async (name): Promise<[string, string]> => {
    const sets = await readSets(client, { zone, name, type: 'A' }, { signal: context.signal });
    return [
      `${name} A`,
      sets
        .map((each) => JSON.stringify(each, Object.keys(flat(each)).sort()))
        .sort()
        .join(' '),
    ];
  });
}

/** Every name of a field in it, so that one order of them serves all. */
function flat(value: unknown): Record<string, true> {
  if (typeof value !== 'object' || value === null) return {};
  return Object.entries(value).reduce<Record<string, true>>(
    (found, [key, each]) => Object.assign(found, { [key]: true }, flat(each)),
    {},
  );
}

async function switchesOf({ switches }: RealThing, context: StepContext): Promise<Fingerprint['switches']> {
  return await eachOf(switches, async ({ name, location, key }): Promise<[string, boolean]> => {
    const store = await context.store(location);
    return [name, (await store.head(key)) !== undefined];
  });
}

/** Not until when: that moves while somebody holds it. */
async function leasesOf({ leases, service }: RealThing, context: StepContext): Promise<Fingerprint['leases']> {
  return await eachOf(leases, async (location): Promise<[string, string]> => {
    const { lease } = await readLease(await context.store(location), service);
    if (!lease) return [location, 'none'];
    return [location, `${lease.run}, generation ${lease.generation}${lease.released ? ', released' : ''}`];
  });
}

async function instancesOf({ hosts }: RealThing, context: StepContext): Promise<Fingerprint['instances']> {
  const inEc2 = hosts.filter(({ instance }) => instance !== undefined);
  return await eachOf(inEc2, async (host): Promise<[string, string]> => {
    const { instance = '', region } = host;
    const { state, address } = await readInstance(await context.ec2(region), instance, region, {
      signal: context.signal,
    });
    return [titleOf(host), `${state} at ${address ?? 'no address'}`];
  });
}

/** Hosts that run: what booted there, and whether the service runs. */
async function hostsOf(
  { hosts, serving }: RealThing,
  power: Fingerprint['instances'],
  context: StepContext,
): Promise<Fingerprint['hosts']> {
  const on = hosts.filter((host) => !host.instance || power[titleOf(host)]?.startsWith('running'));
  return await eachOf(on, async (host): Promise<[string, string]> => {
    for (let look = 1; ; look += 1) {
      try {
        const seen = await withLimit(hostLimit, context.signal, async (signal) => {
          const executor = await context.host(host);
          const { boot } = await hostFacts(executor, [], { signal });
          if (host.group !== serving.group) return `booted as ${boot}`;
          const { code } = await executor.exec(serving.state, { signal });
          return `booted as ${boot}, the service ${code === 0 ? 'runs' : 'does not run'}`;
        });
        return [titleOf(host), seen];
      } catch {
        context.signal.throwIfAborted();
        if (look === looks) return [titleOf(host), 'out of reach'];
      }
    }
  });
}

async function serviceOf({ url, expect, resolver, timeout }: RealThing, context: StepContext): Promise<string> {
  let why = '';
  for (let look = 0; look < looks; look += 1) {
    try {
      const { status, body } = await requestText(url, {
        timeout,
        signal: context.signal,
        ...(resolver ? { resolver } : {}),
      });
      const answer = parsed(body);
      const version = (answer as { version?: unknown } | undefined)?.version;
      const good = status >= 200 && status <= 299 && mismatches(answer ?? {}, expect).length === 0;
      const known = typeof version === 'string' ? `, version ${version}` : '';
      if (good) return `healthy${known}`;
      why = `not healthy${known}`;
    } catch {
      context.signal.throwIfAborted();
      why = 'silent';
    }
  }
  return why;
}

async function pointsOf(
  { locations, service }: RealThing,
  context: StepContext,
  known?: Fingerprint['points'],
): Promise<Fingerprint['points']> {
  return await eachOf(locations, async (location): Promise<[string, Fingerprint['points'][string]]> => {
    const store = await context.store(location);
    const before = known?.[location];
    // Where there was none, one that a backup added is no difference.
    if (known && !before) return [location, null];
    return [location, (before ? await manifestOf(store, service, before.id) : await newestAt(store, service)) ?? null];
  });
}

async function newestAt(store: ObjectStore, service: string) {
  const ids: string[] = [];
  for await (const id of store.folders(layout.points(service))) if (pointIdSchema.safeParse(id).success) ids.push(id);
  for (const id of ids.sort().reverse()) {
    const found = await manifestOf(store, service, id);
    if (found) return found;
  }
  return undefined;
}

async function manifestOf(store: ObjectStore, service: string, id: string) {
  const seen = await store.head(layout.manifest(service, id));
  return seen && { id, manifest: seen.etag };
}

async function eachOf<Item, Value>(
  items: readonly Item[],
  read: (item: Item) => Promise<[string, Value]>,
): Promise<Record<string, Value>> {
  return Object.fromEntries(await Promise.all(items.map(read)));
}

function titleOf({ name, site, instance }: RealThing['hosts'][number]): string {
  return `${name} at ${site}${instance ? ` (${instance})` : ''}`;
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

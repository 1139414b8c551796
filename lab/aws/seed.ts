/**
 * Fills the lab's AWS with what the runbook's account holds: instances that are the lab's hosts, DNS zones, buckets.
 *
 *   const seeded = await seedAws({ globalUrl, regions: { 'us-east-1': {…}, 'us-west-2': {…} }, credentials });
 *   await resetAws(input, seeded);   // states and records back, between tests
 */
import { EC2Client } from '@aws-sdk/client-ec2';
import { Route53Client } from '@aws-sdk/client-route-53';
import { resetImages } from './reset-images.ts';
import { type BucketSeed, resetBucket, seedBucket } from './seed-bucket.ts';
import { type InstanceSeed, resetInstances, seedInstances } from './seed-instances.ts';
import { resetRecords, seedZones, type ZoneIds } from './seed-zones.ts';

type RegionSeed = {
  /** This region's moto, asked directly: seeding must not trip over faults in the proxy. */
  awsUrl: string;
  /** This region's object store, and the credentials it accepts; without it no bucket is made. */
  store?: BucketSeed;
  /** The lab's network of the region, such as 10.77.1.0/24. */
  cidr: string;
  hosts: { app: string; db: string };
  environment: 'production-spacetime' | 'dr-spacetime';
  power: 'running' | 'stopped';
  /** Spare hosts of isolated drills, in a network of their own; stopped. */
  drill?: { cidr: string; hosts: { app: string; db: string } };
};

export type AwsSeed = {
  /** moto of the global services (Route 53). */
  globalUrl: string;
  regions: Record<string, RegionSeed>;
  /** What moto is told; it accepts any. */
  credentials?: { accessKeyId: string; secretAccessKey: string };
  /** The region the names point at after seeding. */
  primary?: string;
};

export type SeededAws = {
  zones: ZoneIds;
  instances: Record<string, { app: string; db: string }>;
  /** By the region that has them. */
  drills: Record<string, { app: string; db: string } | undefined>;
};

/** Idempotent: what is there by name or tag stays, what differs is put right. */
export async function seedAws(seed: AwsSeed): Promise<SeededAws> {
  const [zones, instances, drills] = await Promise.all([
    withClient(globalClient(seed), (client) => seedZones(client, namesOf(seed))),
    eachRegion(seed, (client, region) => seedInstances(client, region)),
    eachRegion(seed, async (client, region) =>
      region.drill ? seedInstances(client, spareOf(region.drill)) : undefined,
    ),
    ...Object.entries(seed.regions).map(([name, region]) => region.store && seedBucket(name, region.store)),
  ]);
  return { zones, instances, drills };
}

function spareOf(drill: NonNullable<RegionSeed['drill']>): InstanceSeed {
  return { ...drill, environment: 'drill-spacetime', power: 'stopped' };
}

/** Puts powers, tags and records back to what seeding made; extra records, health checks, machine images and switch objects go away. */
export async function resetAws(seed: AwsSeed, seeded: SeededAws): Promise<void> {
  await Promise.all([
    withClient(globalClient(seed), (client) => resetRecords(client, seeded.zones, namesOf(seed))),
    eachRegion(seed, (client, region, name) => resetInstances(client, region, seeded.instances[name])),
    eachRegion(seed, async (client, { drill }, name) => {
      if (drill) await resetInstances(client, spareOf(drill), seeded.drills[name]);
    }),
    eachRegion(seed, resetImages),
    ...Object.entries(seed.regions).map(([name, region]) => region.store && resetBucket(name, region.store)),
  ]);
}

async function eachRegion<T>(seed: AwsSeed, act: (client: EC2Client, region: RegionSeed, name: string) => Promise<T>) {
  const done = await Promise.all(
    Object.entries(seed.regions).map(async ([name, region]) => {
      const client = new EC2Client({ region: name, endpoint: region.awsUrl, credentials: credentialsOf(seed) });
      return [name, await withClient(client, () => act(client, region, name))] as const;
    }),
  );
  return Object.fromEntries(done) as Record<string, T>;
}

async function withClient<C extends { destroy(): void }, T>(client: C, act: (client: C) => Promise<T>): Promise<T> {
  try {
    return await act(client);
  } finally {
    client.destroy();
  }
}

function globalClient(seed: AwsSeed): Route53Client {
  return new Route53Client({ region: 'us-east-1', endpoint: seed.globalUrl, credentials: credentialsOf(seed) });
}

function credentialsOf(seed: AwsSeed) {
  return seed.credentials ?? { accessKeyId: 'lab', secretAccessKey: 'lab' };
}

function namesOf(seed: AwsSeed) {
  const roles = Object.entries(seed.regions);
  const primary = seed.regions[seed.primary ?? 'us-east-1'] ?? roles[0]?.[1];
  if (!primary) throw new Error('No region to seed. Try: regions: { "us-east-1": { … } }');
  const balancers = Object.fromEntries(
    roles.map(([name, region]) => {
      const prefix = region.environment === 'production-spacetime' ? 'primary-lb' : 'dr-lb';
      return [`${prefix}-${name}.amazonaws.com`, region.hosts.app];
    }),
  );
  const target = Object.keys(balancers).find((name) => balancers[name] === primary.hosts.app) as string;
  return { balancers, target, address: primary.hosts.app };
}

/** The fixed geography of the range: places, regions, hosts, addresses and ports. Nothing here touches the machine. */

export type Region = 'us-east-1' | 'us-west-2';
/** The network of isolated drills: in us-west-2 as far as EC2 knows, and cut off from the hosts of both regions. */
export const drillPlace = 'drill';
/** Where a process lives: inside a region or the drills' network, or in the third place outside of them. */
export type Place = 'third' | Region | typeof drillPlace;
export type Role = 'app' | 'db';

export type RegionSpec = {
  name: Region;
  /** `10.77.<index>.0/24` is the region's network. */
  index: number;
  cidr: string;
  gateway: string;
  /** The region's own services (moto, store) answer here. */
  service: string;
  /** Name of the outer veth end in the sealed namespace. */
  link: string;
};

/** `region` is that of its instance in EC2, `place` the network it is in. */
export type HostSpec = { name: string; region: Region; place: Place; role: Role; address: string };

export const third = '10.77.0.1';
export const network = '10.77.0.0/16';

export const ports = {
  temporal: 7233,
  ui: 8233,
  moto: 5000,
  store: 7070,
  aws: 4566,
  dns: 53,
  postgres: 5432,
  ssh: 22,
  observer: 8090,
  notices: 9000,
  /** Of a region's first worker; the next has the next. */
  metrics: 9091,
  prometheus: 9090,
};

export const regions: readonly RegionSpec[] = [region('us-east-1', 1), region('us-west-2', 2)];

export const hosts: readonly HostSpec[] = regions.flatMap(({ name, index }) => [
  { name: `app-${name}`, region: name, place: name, role: 'app', address: `10.77.${index}.10` } as const,
  { name: `db-${name}`, region: name, place: name, role: 'db', address: `10.77.${index}.11` } as const,
]);

/** Spare hosts of isolated drills, off until one takes them. */
export const drill = {
  region: 'us-west-2',
  cidr: '10.77.3.0/24',
  gateway: '10.77.3.1',
  link: 'v3',
  hosts: [
    { name: 'app-drill', region: 'us-west-2', place: drillPlace, role: 'app', address: '10.77.3.10' },
    { name: 'db-drill', region: 'us-west-2', place: drillPlace, role: 'db', address: '10.77.3.11' },
  ],
} as const satisfies { region: Region; hosts: readonly HostSpec[]; [key: string]: unknown };

/** Every host that the lab has a disk and a power switch for. */
export const machines: readonly HostSpec[] = [...hosts, ...drill.hosts];

/** The region that serves before a disaster; the other one is the standby. */
export const primary: Region = 'us-east-1';

export function regionNamed(name: string): RegionSpec {
  const found = regions.find((candidate) => candidate.name === name);
  if (!found) throw new Error(`No region ${name} in the lab. Try: ${regions.map((each) => each.name).join(' or ')}.`);
  return found;
}

export function hostNamed(name: string): HostSpec {
  const found = machines.find((candidate) => candidate.name === name || candidate.address === name);
  if (!found) throw new Error(`No host ${name} in the lab. Try: ${machines.map((each) => each.name).join(', ')}.`);
  return found;
}

function region(name: Region, index: number): RegionSpec {
  const net = `10.77.${index}`;
  return { name, index, cidr: `${net}.0/24`, gateway: `${net}.1`, service: `${net}.2`, link: `v${index}` };
}

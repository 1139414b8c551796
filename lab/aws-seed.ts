/** What the lab's AWS is seeded with, from the lab's own geography. */
import type { AwsSeed } from './aws/seed.ts';
import { type LabCredentials, motoUrl, storeUrl } from './environment.ts';
import { drill, hosts, primary, type Region, type Role, regions } from './layout.ts';

/** Bucket of a region's store: `muster-<region>`. */
export function bucketOf(region: Region): string {
  return `muster-${region}`;
}

export function awsSeed(credentials: LabCredentials): AwsSeed {
  const address = (region: Region, role: Role) =>
    hosts.find((host) => host.region === region && host.role === role)?.address as string;
  const [app, db] = drill.hosts.map(({ address: its }) => its) as [string, string];
  const spare = { cidr: drill.cidr, hosts: { app, db } };
  return {
    globalUrl: motoUrl('global'),
    credentials,
    primary,
    regions: Object.fromEntries(
      regions.map(({ name, cidr }) => [
        name,
        {
          awsUrl: motoUrl(name),
          store: { url: storeUrl(name), ...credentials, bucket: bucketOf(name) },
          cidr,
          hosts: { app: address(name, 'app'), db: address(name, 'db') },
          environment: name === primary ? ('production-spacetime' as const) : ('dr-spacetime' as const),
          power: name === primary ? ('running' as const) : ('stopped' as const),
          ...(name === drill.region ? { drill: spare } : {}),
        },
      ]),
    ),
  };
}

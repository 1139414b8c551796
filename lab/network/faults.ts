/**
 * Network failures as nft rules. Packets are dropped where they arrive (never where they are sent: a local drop answers
 * the sender with an error), at both ends of the region's link, so whoever talks to or from a dead region just waits.
 * Taking the link itself down was tried: callers then get "no route to host" after three seconds, and inside at once.
 */
import { drill, hosts, type Region, regionNamed, regions } from '../layout.ts';
import type { LabPaths } from '../paths.ts';
import { run } from '../shell.ts';

const [east, west] = regions.map((region) => region.cidr);
const real = `{ ${hosts.map(({ address }) => address).join(', ')} }`;

export const ruleset = {
  sealed: `table inet lab {
  set dead { type ifname; }
  chain arriving { type filter hook prerouting priority raw; iifname @dead drop; }
  chain sites { }
  chain drills { ip saddr ${drill.cidr} ip daddr ${real} drop; ip saddr ${real} ip daddr ${drill.cidr} drop; }
  chain between { type filter hook forward priority filter; jump drills; jump sites; }
}
`,
  region: `table inet lab {
  set dead { type ifname; }
  chain arriving { type filter hook prerouting priority raw; iifname @dead drop; }
}
`,
};

/** Nothing gets into the region and nothing gets out. */
export async function cutRegion(paths: LabPaths, region: Region): Promise<void> {
  await mark(paths, region, 'add');
}

export async function healRegion(paths: LabPaths, region: Region): Promise<void> {
  await mark(paths, region, 'delete');
}

/** The sites no longer reach each other; the third place still reaches both. */
export async function cutSites(): Promise<void> {
  const drop = (from?: string, to?: string) => `add rule inet lab sites ip saddr ${from} ip daddr ${to} drop\n`;
  await run('nft', ['-f', '-'], { input: `flush chain inet lab sites\n${drop(east, west)}${drop(west, east)}` });
}

export async function joinSites(): Promise<void> {
  await run('nft', ['flush', 'chain', 'inet', 'lab', 'sites']);
}

async function mark(paths: LabPaths, region: Region, verb: 'add' | 'delete'): Promise<void> {
  const element = (name: string) => ['nft', verb, 'element', 'inet', 'lab', 'dead', `{ ${name} }`];
  const [nft, ...outer] = element(regionNamed(region).link);
  await Promise.all([
    run(nft as string, outer),
    run('nsenter', [`--net=${paths.namespace(region)}`, '--', ...element('e0')]),
  ]);
}

/** Builds the sealed network: the third place, a child namespace a region, and the rules that can fail them. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { drill, drillPlace, hosts, regions, third } from '../layout.ts';
import type { LabPaths } from '../paths.ts';
import { run } from '../shell.ts';
import { ruleset } from './faults.ts';

/** Runs inside the sealed namespaces. Bind mounts of the regions' namespaces stay in the lab's mount namespace. */
export async function setUpNetwork(paths: LabPaths): Promise<void> {
  await run('ip', ['link', 'set', 'lo', 'up']);
  await run('ip', ['addr', 'add', `${third}/32`, 'dev', 'lo']);
  writeFileSync('/proc/sys/net/ipv4/ip_forward', '1');
  mkdirSync(paths.namespaces, { recursive: true });
  await run('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'lab-ns', paths.namespaces]);
  const addresses = (name: string) => hosts.filter(({ region }) => region === name).map(({ address }) => address);
  await Promise.all([
    ...regions.map((region) => addPlace(paths, { ...region, addresses: [region.service, ...addresses(region.name)] })),
    addPlace(paths, { ...drill, name: drillPlace, addresses: drill.hosts.map(({ address }) => address) }),
  ]);
  await run('nft', ['-f', '-'], { input: ruleset.sealed });
}

/** The lab's processes resolve names at the lab's own DNS. Visible inside its mount namespace only. */
export async function useLabResolver(paths: LabPaths): Promise<void> {
  mkdirSync(paths.etc, { recursive: true });
  const path = join(paths.etc, 'resolv.conf');
  writeFileSync(path, `nameserver ${third}\noptions timeout:1 attempts:2\n`);
  await run('mount', ['--bind', path, '/etc/resolv.conf']);
}

interface NetworkPlace {
  readonly name: string;
  readonly link: string;
  readonly gateway: string;
  readonly addresses: readonly string[];
}

async function addPlace(paths: LabPaths, region: NetworkPlace): Promise<void> {
  const namespace = paths.namespace(region.name);
  writeFileSync(namespace, '');
  await run('unshare', [`--net=${namespace}`, 'true']);
  await run('ip', ['link', 'add', region.link, 'type', 'veth', 'peer', 'name', 'e0', 'netns', namespace]);
  await run('ip', ['addr', 'add', `${region.gateway}/24`, 'dev', region.link]);
  await run('ip', ['link', 'set', region.link, 'up']);
  const batch = [
    'link set lo up',
    ...region.addresses.map((address) => `addr add ${address}/24 dev e0`),
    'link set e0 up',
    `route add default via ${region.gateway}`,
  ];
  const inside = [`--net=${namespace}`, '--'];
  await run('nsenter', [...inside, 'ip', '-batch', '-'], { input: `${batch.join('\n')}\n` });
  await run('nsenter', [...inside, 'nft', '-f', '-'], { input: ruleset.region });
}

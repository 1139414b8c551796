/**
 * The lab's copy of SpaceTime's plan: the plan of the repository unchanged, and beside it an overlay with what only the
 * lab can know (addresses, ids, keys) and with times shortened so that an hour of watching takes seconds.
 */
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { generateKeySet } from '../activities/points/keys.ts';
import type { SeededAws } from './aws/seed.ts';
import { bucketOf } from './aws-seed.ts';
import { storeUrl } from './environment.ts';
import { ports, type Region, regions, third } from './layout.ts';
import { checkout, type LabPaths } from './paths.ts';

/** Name of the overlay, for `MUSTER_OVERLAYS`. */
export const labOverlay = 'lab';

export async function writeLabPlan(paths: LabPaths, seeded: SeededAws): Promise<void> {
  const keys = keysOf(paths);
  const sites = regions.map(({ name }) => name);
  if (!existsSync(join(keys, 'signer.pub'))) await generateKeySet(keys, sites);
  const overlays = join(paths.plans, 'overlays', labOverlay);
  mkdirSync(overlays, { recursive: true });
  copyFileSync(join(checkout, 'plans', 'spacetime.yaml'), join(paths.plans, 'spacetime.yaml'));
  writeFileSync(join(overlays, 'spacetime.yaml'), stringify(overlay(paths, seeded)));
}

function keysOf(paths: LabPaths): string {
  return join(paths.keys, 'muster');
}

/** How Muster logs in to a region's hosts, and what opens recovery points there. */
export function accessTo(paths: LabPaths, region: Region): object {
  const key = (name: string) => ({ file: join(keysOf(paths), name) });
  return {
    ssh: { user: 'root', key: { file: paths.sshKey }, knownHosts: { file: paths.knownHosts } },
    certificate: key(`${region}.crt`),
    key: key(`${region}.key`),
  };
}

/** The offline recipient and the signer, which all services of the lab share. */
export function sealing(paths: LabPaths): { offline: object; signer: object } {
  const key = (name: string) => ({ file: join(keysOf(paths), name) });
  return {
    offline: { certificate: key('offline.crt') },
    signer: { key: key('signer.key'), pinned: [key('signer.pub')] },
  };
}

function overlay(paths: LabPaths, { zones }: SeededAws): object {
  const alias = (name: string) => ({ alias: { zone: zones.balancers, name: `${name}.amazonaws.com` } });
  return {
    sites: Object.fromEntries(regions.map(({ name }) => [name, accessTo(paths, name)])),
    storage: { 'company-backups': location('us-east-1'), 'company-backups-dr': location('us-west-2') },
    ...sealing(paths),
    control: {
      start: 'systemctl start godot-spacetime',
      stop: 'systemctl stop godot-spacetime',
    },
    health: { interval: '250ms', timeout: '2s', within: '1m' },
    traffic: {
      zone: zones.service,
      resolver: `${third}:${ports.dns}`,
      records: [
        {
          name: 'spacetime-api.company.com',
          type: 'A',
          wait: '1s',
          sites: { 'us-east-1': alias('primary-lb-us-east-1'), 'us-west-2': alias('dr-lb-us-west-2') },
          withdrawn: { addresses: ['192.0.2.1'], ttl: '1s' },
        },
        {
          name: 'spacetime-plain.company.com',
          type: 'A',
          wait: '1s',
          sites: {
            'us-east-1': { addresses: ['10.77.1.10'], ttl: '1s' },
            'us-west-2': { addresses: ['10.77.2.10'], ttl: '1s' },
          },
        },
      ],
    },
    isolation: { name: { ttl: '1s' } },
    observer: { url: `http://${third}:${ports.observer}` },
    notices: [{ name: 'team', kind: 'slack', url: { env: 'SPACETIME_SLACK_WEBHOOK' } }],
    monitoring: ['grafana', 'pagerduty', 'status-page'].map((name) => ({
      title: `Tell ${name} where the service is`,
      run: `curl -fsS -m 5 -X POST -d moved http://${third}:${ports.notices}/${name}`,
    })),
    watch: { for: '10s', every: '2s' },
    limits: { boot: '20s' },
  };
}

/** The store of a region. */
export function location(region: Region): object {
  return {
    bucket: bucketOf(region),
    endpoint: storeUrl(region),
    // The lab's networks have no certificates.
    insecure: true,
    accessKeyId: { env: 'AWS_ACCESS_KEY_ID' },
    secretAccessKey: { env: 'AWS_SECRET_ACCESS_KEY' },
  };
}

/** The lab's own credentials, and the environment that points ordinary clients at the lab. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ports, primary, type Region, regionNamed, third } from './layout.ts';
import { checkout, type LabPaths } from './paths.ts';

export type LabCredentials = { accessKeyId: string; secretAccessKey: string };

/** Made at random once a lab; moto takes any, the stores take only these. */
export function labCredentials(paths: LabPaths): LabCredentials {
  const path = join(paths.keys, 'aws.json');
  if (!existsSync(path)) {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const made = { accessKeyId: 'lab', secretAccessKey: randomBytes(20).toString('hex') };
    writeFileSync(path, `${JSON.stringify(made)}\n`, { mode: 0o600 });
  }
  return JSON.parse(readFileSync(path, 'utf8')) as LabCredentials;
}

/** A random text that is made at the first call and kept in a file of mode 600. */
function secretOnce(path: string): string {
  if (!existsSync(path)) {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(path, randomBytes(18).toString('base64url'), { mode: 0o600 });
  }
  return readFileSync(path, 'utf8');
}

/** For commands and processes inside the sealed network. */
export function labEnvironment(paths: LabPaths, credentials: LabCredentials): Record<string, string> {
  return {
    TEMPORAL_ADDRESS: `${third}:${ports.temporal}`,
    TEMPORAL_NAMESPACE: 'default',
    AWS_ENDPOINT_URL: `http://${third}:${ports.aws}`,
    AWS_REGION: primary,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_EC2_METADATA_DISABLED: 'true',
    MUSTER_PLANS: paths.plans,
    MUSTER_REPORTS: paths.reports,
    // What SpaceTime is installed with, and what a recovery gives the role on the bare standby.
    SPACETIME_DATABASE_PASSWORD: secretOnce(join(paths.keys, 'spacetime-database')),
    SPACETIME_SLACK_WEBHOOK: `http://${third}:${ports.notices}/slack`,
    MUSTER_DNS: `${third}:${ports.dns}`,
    MUSTER_SSH_KEY: paths.sshKey,
    MUSTER_KNOWN_HOSTS: paths.knownHosts,
    MUSTER_LAB: paths.root,
    MUSTER_CHECKOUT: checkout,
  };
}

/** What the lab's processes get of this machine's own environment: nothing that could be a secret. */
export function plainEnvironment(): Record<string, string> {
  const keep = ['PATH', 'HOME', 'LANG', 'TERM', 'TMPDIR', 'TZ'];
  return {
    // As `scripts/muster` does: a process that starts anew finds the code compiled.
    NODE_COMPILE_CACHE: join(checkout, 'node_modules', '.cache', 'compile'),
    ...Object.fromEntries(keep.flatMap((name) => (process.env[name] ? [[name, process.env[name] as string]] : []))),
  };
}

export function motoUrl(region: Region | 'global'): string {
  return `http://${region === 'global' ? third : regionNamed(region).service}:${ports.moto}`;
}

export function storeUrl(region: Region): string {
  return `http://${regionNamed(region).service}:${ports.store}`;
}

/** Arcade's plan, written for one lab: a component of every kind, and copies at S3, Azure and Google. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import { hosts, ports as labPorts, regions, third } from '../layout.ts';
import type { LabPaths } from '../paths.ts';
import { accessTo, labOverlay, location, sealing } from '../plan.ts';
import { serviceAccountKey } from '../tools/service-account.ts';
import * as arcade from './layout.ts';
import { azure, google } from './stores.ts';

const secretFiles = { azure: 'arcade-azure', google: 'arcade-google.json', cipher: 'arcade-cipher' };

/** Writes secrets and plan. `zone` is Route 53's id of the zone that has the service's name. */
export function writeArcadePlan(paths: LabPaths, zone: string): void {
  once(join(paths.keys, secretFiles.azure), () => azure.key);
  once(join(paths.keys, secretFiles.google), () => serviceAccountKey('arcade', 'lab'));
  once(join(paths.keys, secretFiles.cipher), () => randomBytes(24).toString('base64url'));
  const [own, overlay] = planFiles(paths);
  writeFileSync(own, stringify(plan(paths, zone)));
  mkdirSync(dirname(overlay), { recursive: true });
  // The lab's workers lay their overlay over every plan; of this one it only shortens times.
  writeFileSync(overlay, stringify({ watch: { for: '1s', every: '1s' }, limits: { boot: '10s' } }));
}

export function removeArcadePlan(paths: LabPaths): void {
  for (const file of planFiles(paths)) rmSync(file, { force: true });
}

/** With this pgBackRest encrypts what it archives. */
export function cipherFile(paths: LabPaths): string {
  return join(paths.keys, secretFiles.cipher);
}

function planFiles(paths: LabPaths): [string, string] {
  const file = `${arcade.service}.yaml`;
  return [join(paths.plans, file), join(paths.plans, 'overlays', labOverlay, file)];
}

function plan(paths: LabPaths, zone: string): object {
  const secret = (name: string) => ({ file: join(paths.keys, name) });
  return {
    service: arcade.service,
    title: 'Arcade',
    owner: 'Lab',
    objectives: { rpo: '1h', rto: { 'full-recovery': { expected: '5m', maximum: '15m' } } },
    sites: Object.fromEntries(
      regions.map(({ name }, at) => [
        name,
        {
          role: at === 0 ? 'primary' : 'standby',
          region: name,
          hosts: Object.fromEntries(
            hosts.filter((host) => host.region === name).map(({ role, address }) => [role, { addresses: [address] }]),
          ),
          storage: 's3',
          ...accessTo(paths, name),
        },
      ]),
    ),
    storage: {
      s3: { driver: 's3', region: 'us-east-1', ...location('us-east-1') },
      azure: {
        ...{ driver: 'azure', region: 'westeurope', account: azure.account, container: azure.container },
        ...{ endpoint: azure.endpoint, insecure: true, accountKey: secret(secretFiles.azure) },
      },
      google: {
        ...{ driver: 'gcs', region: 'europe-west4', bucket: google.bucket },
        ...{ endpoint: google.endpoint, insecure: true, serviceAccountKey: secret(secretFiles.google) },
      },
    },
    copies: 3,
    ...sealing(paths),
    components: components(secret(secretFiles.cipher)),
    // The lab's people have no keys.
    approvals: { signed: 'allowed' },
    control: {
      host: 'app',
      start: 'systemctl start arcade',
      stop: 'systemctl stop arcade',
      state: 'systemctl is-active --quiet arcade',
    },
    health: {
      url: `http://{host}:${arcade.ports.http}/status`,
      publicUrl: `http://${arcade.publicName}:${arcade.ports.http}/status`,
      expect: { ready: true },
      ...{ successes: 2, interval: '250ms', timeout: '2s', within: '1m' },
    },
    traffic: {
      zone,
      resolver: `${third}:${labPorts.dns}`,
      records: [
        {
          name: arcade.publicName,
          wait: '1s',
          sites: Object.fromEntries(
            hosts
              .filter(({ role }) => role === 'app')
              .map(({ region, address }) => [region, { addresses: [address], ttl: '1s' }]),
          ),
        },
      ],
    },
  };
}

/** Inspired by runbooks that keep players' saves, a cache and databases to the minute side by side. */
function components(cipherPass: object): object[] {
  const { configuration, saves, mariadb, redis, postgres, catalogue } = arcade;
  const rows = (table: string) => ({ name: table, query: `SELECT count(*) FROM ${table}` });
  return [
    { name: 'configuration', driver: 'files', host: 'app', rank: 0, paths: [configuration], expected: [configuration] },
    { name: 'saves', driver: 'files', host: 'app', rank: 1, paths: [saves] },
    {
      ...{ name: 'accounts', driver: 'mariadb', host: 'db', rank: 1, database: mariadb.database, binlogs: true },
      ...{ socket: mariadb.socket, checks: [rows('players'), rows('purchases')] },
    },
    {
      ...{ name: 'leaderboard', driver: 'redis', host: 'db', rank: 1, socket: redis.socket },
      ...{ start: 'systemctl start arcade-redis', stop: 'systemctl stop arcade-redis' },
      checks: [{ name: 'keys', query: 'DBSIZE' }],
    },
    {
      ...{ name: 'ledger', driver: 'postgresql-pitr', host: 'db', rank: 1, stanza: 'ledger' },
      ...{ dataDirectory: postgres.data, port: arcade.ports.postgres, database: postgres.database },
      // The lab's systemctl does not wait until a server answers, as a real unit does.
      start: `systemctl start arcade-postgresql && timeout 30 sh -c "until pg_isready -q -p ${arcade.ports.postgres}; do sleep 0.1; done"`,
      stop: 'systemctl stop arcade-postgresql',
      ...{ repository: { directory: postgres.archive }, cipherPass, checks: [rows('entries')] },
    },
    {
      ...{ name: 'catalogue', driver: 'postgresql', host: 'db', rank: 1 },
      ...{ database: catalogue.database, owner: catalogue.owner, checks: [rows('items')] },
    },
  ];
}

function once(path: string, make: () => string): void {
  if (!existsSync(path)) writeFileSync(path, make(), { mode: 0o600 });
}

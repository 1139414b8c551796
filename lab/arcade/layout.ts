/** Names, paths and ports of Arcade, the lab's second service: a component of every kind. */
import type { HostSpec } from '../layout.ts';
import { hosts, primary } from '../layout.ts';

export const service = 'arcade';
export const publicName = 'arcade.company.com';

/** On 127.0.0.1 of the region, which its two hosts share. */
export const ports = { http: 8088, mariadb: 3306, redis: 6379, postgres: 5433 };

export const saves = '/srv/arcade/saves';
export const configuration = '/etc/arcade/arcade.env';
export const mariadb = { data: '/var/lib/arcade/mariadb', socket: '/run/arcade-mariadb/sock', database: 'accounts' };
export const redis = {
  data: '/var/lib/arcade/redis',
  socket: '/run/arcade-redis/sock',
  config: '/etc/arcade/redis.conf',
};
export const postgres = {
  data: '/var/lib/postgresql/15/arcade',
  database: 'ledger',
  archive: '/var/lib/arcade/archive',
};
/** A database in the cluster that the database host has anyway. */
export const catalogue = { database: 'arcade_catalogue', owner: 'arcade' };

/** Where it runs; the other region's hosts have nothing of it. */
export const app = hostOf('app');
export const db = hostOf('db');

function hostOf(role: HostSpec['role']): HostSpec {
  return hosts.find((host) => host.region === primary && host.role === role) as HostSpec;
}

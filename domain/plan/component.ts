/** What a service is made of and comes back from a recovery point: trees of files, databases. A driver a file in components/. */
import { z } from 'zod';
import { filesComponent } from '../components/files.ts';
import { mariadbComponent } from '../components/mariadb.ts';
import { postgresqlComponent } from '../components/postgresql.ts';
import { postgresqlPitrComponent } from '../components/postgresql-pitr.ts';
import { redisComponent } from '../components/redis.ts';
import { durationSchema } from '../duration.ts';
import { type ReplicaSettings, standbySchema } from './standby.ts';
import { nameSchema } from './values.ts';

const componentBase = {
  name: nameSchema,
  host: nameSchema,
  /** Lower ranks are restored first; one rank is restored side by side. */
  rank: z.number().int().nonnegative(),
  rpo: durationSchema.optional(),
  /** False: it may be restored while the service runs. */
  needsStop: z.boolean().optional(),
  /** Run on its hosts after a restore that left the service running, for example `sudo systemctl reload nginx`. */
  reload: z.string().min(1).optional(),
  /** Part of a configuration rollback. Where no component says so, those that are called configuration are. */
  rollback: z.boolean().optional(),
  /** How the standby site comes to its data; restored from a recovery point where nothing is said. */
  standby: standbySchema.optional(),
};
export const componentSchema = z.discriminatedUnion('driver', [
  filesComponent.extend(componentBase),
  postgresqlComponent.extend(componentBase),
  mariadbComponent.extend(componentBase),
  postgresqlPitrComponent.extend(componentBase),
  redisComponent.extend(componentBase),
]);
export type Component = z.infer<typeof componentSchema>;
export type FilesComponent = Extract<Component, { driver: 'files' }>;
export type RedisComponent = Extract<Component, { driver: 'redis' }>;
export type MariadbComponent = Extract<Component, { driver: 'mariadb' }>;
export type PostgresqlComponent = Extract<Component, { driver: 'postgresql' }>;
/** A database whose standby streams. */
export type ReplicaComponent = PostgresqlComponent & { readonly standby: ReplicaSettings };
export type PostgresqlPitrComponent = Extract<Component, { driver: 'postgresql-pitr' }>;

/** What a configuration rollback brings back, and a backup of the configuration takes. */
export function isConfiguration({ name, driver, rollback }: Component): boolean {
  return rollback ?? (driver === 'files' && /^conf(ig(s|uration)?)?(-|$)/.test(name));
}

export function isReplica(component: {
  driver: string;
  standby?: { strategy: string } | undefined;
}): component is ReplicaComponent {
  return component.driver === 'postgresql' && component.standby?.strategy === 'replica';
}

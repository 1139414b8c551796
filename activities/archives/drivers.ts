/** The one list of component drivers. A new kind is a file with a driver, a line here and a branch in the plan's schema. */

import type { Component } from '../../domain/plan/component.ts';
import { mariadb } from '../databases/mariadb.ts';
import { pgbackrest } from '../databases/pgbackrest.ts';
import { postgresql } from '../databases/postgresql.ts';
import { redis } from '../databases/redis.ts';
import type { ComponentDriver } from './driver.ts';
import { files } from './files.ts';

const drivers = { files, mariadb, postgresql, 'postgresql-pitr': pgbackrest, redis } as const;

export function driverFor(component: Component): ComponentDriver {
  return drivers[component.driver] as unknown as ComponentDriver;
}

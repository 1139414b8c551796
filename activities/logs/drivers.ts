/** The one list of log drivers, by the component's driver. */
import { refusal } from '../../domain/errors.ts';
import type { Component } from '../../domain/plan/component.ts';
import { mariadbLog } from '../databases/mariadb-log.ts';
import { postgresqlWal } from '../databases/postgresql-wal.ts';
import type { LogDriver } from './driver.ts';

const drivers: Partial<Record<Component['driver'], LogDriver>> = {
  mariadb: mariadbLog as unknown as LogDriver,
  'postgresql-pitr': postgresqlWal as unknown as LogDriver,
};

/** @throws NoLog */
export function logDriverFor(component: Component): LogDriver {
  const driver = drivers[component.driver];
  if (driver) return driver;
  throw refusal('NoLog', `Component ${component.name} (${component.driver}) keeps no log.`, 'correct the plan.');
}

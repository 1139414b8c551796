/** Which components keep a log that is shipped between backups, so that any moment can be restored. */
import type { Component } from '../plan/component.ts';

/** `sealed`: Muster seals and stores the log itself, with a key pair for each batch. Undefined: there is no log to ship. */
export type LogKeeping = 'sealed' | 'own-repository';

/** A driver with a log of its own adds its case here, and its `LogDriver` in activities/logs/drivers.ts. */
export function logKeepingOf(component: Component): LogKeeping | undefined {
  if (component.driver === 'mariadb') return component.binlogs ? 'sealed' : undefined;
  return component.driver === 'postgresql-pitr' ? 'own-repository' : undefined;
}

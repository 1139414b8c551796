/** Which databases of a plan the fencing method `database` can close to writes, and which it cannot. Pure. */

import type { Component } from '../plan/component.ts';
import type { Plan } from '../plan/plan.ts';
import type { FencedDatabase, NotClosable } from './fencing.ts';

/** Those that a script on their host can ask. */
export function closableDatabases(components: readonly Component[]): FencedDatabase[] {
  return components.flatMap((each): FencedDatabase[] => {
    if (whyNot(each) !== '') return [];
    if (each.driver !== 'postgresql' && each.driver !== 'mariadb') return [];
    const { driver, database, systemUser } = each;
    const at = each.driver === 'postgresql' ? String(each.port) : each.socket;
    return [{ component: each.name, group: each.host, driver, database, systemUser, at }];
  });
}

/** Where one of them is, the method is refused: what it leaves open may still be written. Files have no such thing as being closed. */
export function notClosable({ components, databases = [] }: Pick<Plan, 'components' | 'databases'>): NotClosable[] {
  const onHosts = components.flatMap((each) => {
    const why = whyNot(each);
    return why === '' ? [] : [{ component: each.name, group: each.host, why }];
  });
  return [...onHosts, ...databases.map(({ name }) => ({ component: name, group: '', why: 'a cloud runs it' }))];
}

function whyNot(component: Component): string {
  const { driver } = component;
  if (driver === 'files' || driver === 'postgresql') return '';
  if (driver === 'mariadb') return component.account ? 'it is reached by an account with a password' : '';
  if (driver === 'postgresql-pitr') return 'it is a cluster of pgBackRest, and not one database of it';
  return `the driver ${driver} has no such command`;
}

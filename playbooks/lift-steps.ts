/** The steps that open databases which a fence closed to writes, at the site that is brought up. */
import { liftFence } from '../activities/fencing/lift-fence.ts';
import { closableDatabases } from '../domain/closable.ts';
import type { Component } from '../domain/plan-component.ts';
import type { Step } from '../domain/playbook.ts';
import { hostsOf, placeAt, type Situation } from './compiler.ts';

/** None for a database that the assessment saw open; hosts that were off then are looked at when they run. */
export function liftSteps(situation: Situation, siteName: string, components: readonly Component[]): Step[] {
  const { plan, assessment } = situation;
  const at = placeAt(plan, siteName);
  return closableDatabases(components).flatMap((database) => {
    const hosts = hostsOf(situation, siteName, database.group);
    return hosts
      .filter(({ address }) => !isOpen(database.component, address))
      .map((host) => {
        const id = `lift-fence-${database.component}${hosts.length > 1 ? `-${host.name}` : ''}`;
        return liftFence.step({ host, database }, at(id));
      });
  });

  function isOpen(component: string, address: string): boolean {
    const seen = assessment.fenced?.find((each) => each.component === component && each.address === address);
    return seen?.closed === false;
  }
}

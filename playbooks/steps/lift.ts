/** The steps that open databases which a fence closed to writes, at the site that is brought up. */
import { liftFence } from '../../activities/fencing/lift-fence.ts';
import { maybeClosed } from '../../domain/fencing/lifting.ts';
import type { Component } from '../../domain/plan/component.ts';
import type { Step } from '../../domain/playbook/playbook.ts';
import { hostsOf, placeAt, type Situation } from '../compiler.ts';

/** None for a database that the assessment saw open; hosts that were off then are looked at when they run. */
export function liftSteps(situation: Situation, siteName: string, components: readonly Component[]): Step[] {
  const { plan, assessment } = situation;
  const at = placeAt(plan, siteName);
  return maybeClosed(components, hostsOf(situation, siteName), assessment.fenced).map(({ database, host }) => {
    const several = hostsOf(situation, siteName, database.group).length > 1;
    return liftFence.step({ host, database }, at(`lift-fence-${database.component}${several ? `-${host.name}` : ''}`));
  });
}

/** Which databases a recovery may find closed to writes by a fence, and so opens. Pure. */

import type { Host } from '../host.ts';
import type { Component } from '../plan/component.ts';
import type { Assessment } from '../playbook/assessment.ts';
import { closableDatabases } from './closable.ts';
import type { FencedDatabase } from './fencing.ts';

/** All but those that the assessment saw open: of a host that was off then, or did not answer, nothing is known. */
export function maybeClosed<Found extends Host>(
  components: readonly Component[],
  hosts: readonly Found[],
  fenced: Assessment['fenced'] = [],
): { database: FencedDatabase; host: Found }[] {
  const isOpen = (component: string, { address }: Host) =>
    fenced.some((each) => each.component === component && each.address === address && !each.closed);
  return closableDatabases(components).flatMap((database) =>
    hosts
      .filter((host) => host.group === database.group && !isOpen(database.component, host))
      .map((host) => ({ database, host })),
  );
}

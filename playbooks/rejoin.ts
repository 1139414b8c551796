/**
 * Rejoin: give databases that stream their standby again, at the site that does not serve. After a failover that site was gone, or
 * making it the standby was skipped; until this no other site has what is written. The end of a failback's move, without the move.
 *
 * What the old primary holds on its own is saved as a recovery point before it gives way, as a failback does, and stays beside it too.
 */

import { refusal } from '../domain/errors.ts';
import { isReplica } from '../domain/plan/component.ts';
import type { Step } from '../domain/playbook/playbook.ts';
import { hostsOf, playbook, pointOfNoReturn, type Situation, stage } from './compiler.ts';
import { divergent } from './steps/divergent.ts';
import { takeTheLease } from './steps/lease.ts';
import { rdsStepsFor } from './steps/rds.ts';
import { replicaStepsFor } from './steps/replica.ts';
import { stepsFor } from './steps.ts';

/** @throws NothingStreams */
export function rejoin(situation: Situation) {
  const { plan, assessment } = situation;
  const { from, to } = assessment;
  const components = plan.components.filter(isReplica);
  if (components.length === 0 && !plan.databases?.length) {
    throw refusal(
      'NothingStreams',
      `Nothing of ${plan.service} streams from one site to the other.`,
      'standby: { strategy: replica } at a component of the plan, or databases (docs/plan.md); muster sync restores ahead what is warm.',
    );
  }
  const site = stepsFor(awake(situation), to);
  const old = divergent(situation, components);
  const saves = components.length > 0;
  const databases = rdsStepsFor(situation, to, from).redundancy();
  return playbook(situation, undefined, [
    stage('Take the lease', takeTheLease(situation)),
    ...(saves
      ? [
          stage(
            `Wake ${to}`,
            site.startHosts(),
            site.awaitHosts(),
            site.checkHosts(),
            // What it writes now nobody would have. It does not serve, so nothing puts it back.
            site.stopService().map((step): Step => ({ ...step, undoable: false })),
          ),
          old.save,
          old.saved,
        ]
      : []),
    pointOfNoReturn(`${to} gives way to what ${from} has`),
    databases.take,
    stage(
      `Make the databases at ${to} standbys`,
      replicaStepsFor(situation, to, from).reattach(),
      replicaStepsFor(situation, from, to).caughtUp(),
    ),
    databases.see,
  ]);
}

/** Hosts of what streams, and those of the service that may run: it is kept off there, and not woken for it. */
function awake(situation: Situation): Situation {
  const { plan, assessment } = situation;
  const groups = plan.components.filter(isReplica).map(({ host }) => host);
  const runs = ({ group, address }: { group: string; address: string }) =>
    group === plan.control.host && (assessment.on ?? []).includes(address);
  const hosts = hostsOf(situation, assessment.to).filter((host) => groups.includes(host.group) || runs(host));
  return { ...situation, assessment: { ...assessment, hosts } };
}

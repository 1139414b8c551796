/** Who else holds the service: what a run stands aside for before it reads anything. */
import { refusal } from '../../domain/errors.ts';
import { procedures, rejoins, traitsOf } from '../../domain/playbook/procedures.ts';
import { describeHolder } from '../../domain/run/lease.ts';
import type { AssessCall } from '../../domain/run/protocol.ts';
import { holdersIn } from '../lease/holders.ts';
import type { AssessDeps } from './deps.ts';

/**
 * What a recovery changes must neither be saved half-way nor deleted under it; and two recoveries never work on one service.
 *
 * @throws RecoveryUnderWay, LeaseHeld
 */
export async function standAside(
  { procedure, run, service }: AssessCall,
  deps: Pick<AssessDeps, 'leases'>,
): Promise<void> {
  const { standsAside, restores } = traitsOf(procedure);
  if (!standsAside && !restores) return;
  const others = holdersIn((await deps.leases?.()) ?? []).filter((lease) => lease.run !== run);
  // A rejoin leaves what serves as it is, and may copy for hours: backups go on.
  const aside = (held: string) => procedure === 'backup' && procedures.some((each) => each === held && rejoins(each));
  const holders = others.filter((lease) => restores || !(lease.settled || aside(lease.procedure)));
  if (holders.length === 0) return;
  throw refusal(
    restores ? 'LeaseHeld' : 'RecoveryUnderWay',
    `The lease of ${service} is held by ${holders.map(describeHolder).join(' and ')}.`,
    `again when that run has ended; if it was terminated: muster takeover ${service} --reason WHY.`,
  );
}

/**
 * From what was found to the named risks that an approver accepts one by one. Pure; the ids are stable, since people accept
 * them by name and the playbook's hash covers them.
 */

import { type ManagedEvidence, managedRisks } from '../databases/managed-database.ts';
import { type ReplicaEvidence, replicaRisks } from '../databases/replica-evidence.ts';
import { formatDuration } from '../duration.ts';
import { atLeast, type PointState } from '../points/point-states.ts';
import type { PointSummary, Risk } from './assessment.ts';
import { type Procedure, traitsOf } from './procedures.ts';

const riskIds = [
  'primary-still-healthy',
  'target-serves-already',
  'name-leads-elsewhere',
  'fence-lifted',
  'switch-not-ready',
  'old-primary-not-fenced',
  'standby-host-missing',
  'replica-unusable',
  'replica-not-streaming',
  'replica-behind',
  'replica-slot-lost',
  'replica-loss',
  'no-replica-after',
  'point-older-than-rpo',
  'point-torn',
  'point-from-standby-role',
  'point-not-at-target',
  'point-not-verified',
  'point-not-proven',
  'point-passed-over',
  'components-apart',
  'point-needs-thaw',
  'too-few-copies',
  'observer-missing',
] as const;
type RiskId = (typeof riskIds)[number];

/** What the rules need to know. Undefined means that it could not be found out. */
export interface RiskEvidence {
  readonly procedure: Procedure;
  readonly from: string;
  readonly to: string;
  /** Start of the outage where it is known, else the time of the assessment; ms since the epoch. */
  readonly lostAt: number;
  /** ms */
  readonly rpo: number;
  /** Copies that the plan asks for. */
  readonly copies: number;
  /** The state that the plan asks of a point. */
  readonly counts: PointState;
  /** Newer points that are quarantined or damaged. */
  readonly passedOver: readonly { readonly id: string; readonly why: string }[];
  /** What is in cold storage and how long it takes, in words. */
  readonly thaw?: string;
  /** What comes back as of different moments, in words. */
  readonly apart?: string;
  /** The service is stopped for it; true where nothing is said. */
  readonly stops?: boolean;
  /** Databases of the target, by name, that it opens where a fence closed them. */
  readonly opens?: readonly string[];
  /** It goes to a host on which the service does not run. */
  readonly elsewhere?: boolean;
  readonly point?: PointSummary;
  /** Storage location beside the target. */
  readonly targetLocation: string;
  /** The site that is given up answers healthily, asked by address. */
  readonly fromHealthy?: boolean;
  /** Sites that the service's names lead to now, as far as that is known. */
  readonly namesAt: readonly string[];
  /** What keeps the switches of names from moving them. */
  readonly unready?: readonly string[];
  /** Empty when its hosts are off or may be stopped from here; else why that is not so. */
  readonly cannotFence: string;
  /** Hosts that the plan expects at the target and that are not there. */
  readonly missingHosts: readonly string[];
  readonly observed: boolean;
  /** Standbys that stream. */
  readonly replicas?: readonly ReplicaEvidence[];
  /** Databases that a cloud runs, at the target. */
  readonly managed?: readonly ManagedEvidence[];
}

/** In the order of `riskIds`. What restores nothing gives nothing up and has none. */
export function risksOf(evidence: RiskEvidence): Risk[] {
  if (!traitsOf(evidence.procedure).restores) return [];
  const replicas = replicaRisks(evidence.procedure, evidence, evidence.replicas ?? []);
  const managed = managedRisks(evidence.procedure, evidence, evidence.managed ?? []);
  const found: Texts = { ...siteRisks(evidence), ...both(replicas, managed), ...pointRisks(evidence) };
  return riskIds.flatMap((id) => {
    const text = found[id];
    return text ? [{ id, text, severity: medium.includes(id) ? 'medium' : 'high' } as const] : [];
  });
}

type Texts = Partial<Record<RiskId, string | false>>;

/** One risk is one thing to accept, whatever it is of. */
function both(a: Texts, b: Texts): Texts {
  const ids = Object.keys({ ...a, ...b }) as RiskId[];
  return Object.fromEntries(ids.map((id) => [id, [a[id], b[id]].filter(Boolean).join(' ')]));
}

const medium: readonly RiskId[] = [
  'no-replica-after',
  'replica-behind',
  'too-few-copies',
  'observer-missing',
  'point-not-at-target',
];

function siteRisks(evidence: RiskEvidence): Texts {
  const { procedure, from, to, fromHealthy, cannotFence, missingHosts, observed, namesAt } = evidence;
  const { stops = true, elsewhere: besides = false, unready = [], opens = [] } = evidence;
  const elsewhere = namesAt.filter((site) => site !== to).join(', ');
  return {
    'primary-still-healthy':
      fromHealthy === true &&
      stops &&
      !traitsOf(procedure).planned &&
      (procedure === 'failover'
        ? `${from} still serves healthily: what is written there from now on is lost with this failover.`
        : `${from} still serves healthily: this recovery stops it and puts an older state in its place.`),
    'target-serves-already':
      procedure === 'failover' &&
      namesAt.includes(to) &&
      `The name leads to ${to} already: what was written there since the recovery point is replaced by that older state. Where ${to} is what is lost, name the direction: --from ${to} --to ${from}.`,
    'name-leads-elsewhere':
      from === to &&
      !besides &&
      elsewhere !== '' &&
      `The name leads to ${elsewhere}: users do not reach ${to}, where this recovery happens, and it does not move the name.${stops ? ` It starts the service there: while ${elsewhere} serves, two sites may take writes.` : ''}`,
    'fence-lifted':
      from === to &&
      !besides &&
      elsewhere !== '' &&
      opens.length > 0 &&
      `${opens.join(', ')} at ${to} may be closed to writes by a fence, and this recovery opens it while the name leads to ${elsewhere}: two sites may take writes. To go back there without that: muster failback.`,
    'switch-not-ready':
      traitsOf(procedure).moves &&
      unready.length > 0 &&
      `The switch does not lead the traffic: ${unready.join(' ')} Put right what is wrong before the cutover, or the name stays.`,
    'old-primary-not-fenced':
      procedure === 'failover' &&
      cannotFence !== '' &&
      `${from} cannot be stopped from here (${cannotFence}): if it comes back, two sites may take writes.`,
    'standby-host-missing':
      missingHosts.length > 0 && `${to} lacks ${missingHosts.join(', ')}: it comes up with fewer hosts than planned.`,
    'observer-missing':
      !observed && stops && 'Nobody watches from outside: the report will not state an RTO or a downtime.',
  };
}

function pointRisks(evidence: RiskEvidence): Texts {
  const { point, lostAt, rpo, copies, targetLocation, counts, passedOver } = evidence;
  if (!point) return {};
  const loss = lostAt - Date.parse(point.takenAt);
  const good = goodCopies(point);
  const short = (wanted: PointState) =>
    counts === wanted && point.state !== undefined && !atLeast(point.state, wanted) && point.state;
  return {
    'point-not-verified':
      short('verified') &&
      `${point.id} is ${point.state}, and the plan asks for verified: nobody has compared its hashes since it was written.`,
    'point-not-proven':
      short('proven') &&
      `${point.id} is ${point.state}, and the plan asks for proven: nobody has restored it and looked at what came out.`,
    'point-passed-over':
      passedOver.length > 0 &&
      `${passedOver.map(({ id, why }) => `${id} is newer and ${why}`).join('; ')}: ${point.id} is taken instead.`,
    'components-apart': evidence.apart,
    'point-needs-thaw': evidence.thaw,
    'point-older-than-rpo':
      loss > rpo &&
      `Recovery point ${point.id} is ${formatDuration(loss)} old, the RPO is ${formatDuration(rpo)}: so much is lost.`,
    'point-torn':
      point.torn > 0 && `${point.torn} files of ${point.id} changed while they were read and may be inconsistent.`,
    'point-from-standby-role':
      point.role === 'standby' &&
      `${point.id} was taken at ${point.site} while that was the standby: it may hold old data.`,
    'point-not-at-target':
      !point.locations.includes(targetLocation) &&
      `${point.id} is not at ${targetLocation}: the restore reads it from ${point.locations.join(', ')}.`,
    'too-few-copies':
      good < copies &&
      `${point.id} was found at ${good} of ${copies} locations: a damaged part may have no other copy.`,
  };
}

/** Copies that are known to be damaged are none. */
function goodCopies({ locations, at }: PointSummary): number {
  return locations.filter((name) => at?.[name] !== 'damaged').length;
}

/** What an assessment knows of a standby that streams, and the named risks that follow. Pure. */
import { formatDuration } from '../duration.ts';
import { type Procedure, traitsOf } from '../playbook/procedures.ts';
import { bytesBetween } from './lsn.ts';
import { behind, judgeCaughtUp, judgePromotion, type ServerState, tokenOf } from './replica.ts';

export interface ReplicaEvidence {
  readonly component: string;
  /** A failover may promote it. */
  readonly usable: boolean;
  /** Why it may, or may not. */
  readonly why: string;
  readonly streaming: boolean;
  /** The primary answered. */
  readonly primary: boolean;
  /** The primary is stopped, and all it ever wrote has arrived. */
  readonly complete: boolean;
  /** More behind than the plan allows before a switchover; in words. */
  readonly tooFar?: string;
  /** Bytes that are known to be missing. */
  readonly missing?: number;
  readonly seconds?: number;
  /** Commit time of the last transaction that was replayed, ISO. */
  readonly lastAt?: string;
  /** Of the standby's slot at the primary. */
  readonly slot: 'held' | 'missing' | 'lost' | 'unknown';
}

interface Wanted {
  readonly component: string;
  readonly slot: string;
  readonly maximumLag: { readonly time: number; readonly bytes: number };
}

export function replicaEvidence(
  wanted: Wanted,
  primary: ServerState | undefined,
  replica: ServerState,
): ReplicaEvidence {
  const { component, maximumLag } = wanted;
  const promotion = judgePromotion(undefined, replica);
  const other =
    primary?.control && replica.control && primary.control.systemIdentifier !== replica.control.systemIdentifier;
  const usable = promotion.answer === 'ok' && !other;
  const token = primary && tokenOf(primary);
  const complete = token !== undefined && judgePromotion(token, replica).answer === 'ok';
  const caughtUp = primary?.server ? judgeCaughtUp(primary, replica, maximumLag) : undefined;
  const { bytes, seconds } = behind(primary, replica);
  const lastAt = replica.server?.replayedAt;
  const received = replica.server?.receivedLsn;
  // What has arrived is replayed before a promotion ends: only what has not is missing.
  const end = primary?.server?.writtenLsn ?? replica.server?.receiver?.latestEnd;
  const missing = received && end ? Math.max(0, bytesBetween(received, end)) : bytes;
  return {
    component,
    usable,
    why: other ? 'it is another cluster than the primary' : promotion.why,
    streaming: replica.server?.receiver?.status === 'streaming',
    primary: primary?.server?.inRecovery === false,
    complete,
    ...(caughtUp && caughtUp.answer !== 'ok' ? { tooFar: caughtUp.why } : {}),
    ...(missing === undefined ? {} : { missing }),
    ...(seconds === undefined ? {} : { seconds }),
    ...(lastAt ? { lastAt } : {}),
    slot: slotOf(wanted.slot, primary),
  };
}

function slotOf(name: string, primary: ServerState | undefined): ReplicaEvidence['slot'] {
  if (!primary?.server) return 'unknown';
  const slot = primary.server.slots.find((each) => each.name === name);
  if (!slot) return 'missing';
  return slot.status === 'lost' || slot.status === 'unreserved' ? 'lost' : 'held';
}

/** `streams, 0 bytes behind; slot held` */
export function describeReplica(evidence: ReplicaEvidence): string {
  const { usable, why, streaming, missing, seconds, lastAt, slot, complete } = evidence;
  if (!usable) return `cannot be promoted: ${why}`;
  const lag = seconds === undefined ? '' : ` and ${formatDuration(Math.round(seconds * 1_000))}`;
  return [
    streaming ? 'streams' : 'does not stream',
    complete
      ? 'has all that the primary wrote'
      : missing === undefined
        ? 'what it lacks is not known'
        : `${missing} bytes${lag} behind`,
    ...(lastAt ? [`last transaction of ${lastAt}`] : []),
    ...(slot === 'unknown' ? [] : [`slot ${slot}`]),
  ].join(', ');
}

export type ReplicaRisk =
  | 'replica-unusable'
  | 'replica-not-streaming'
  | 'replica-behind'
  | 'replica-slot-lost'
  | 'replica-loss'
  | 'no-replica-after';

/** @param from  the site that the service leaves */
export function replicaRisks(
  procedure: Procedure,
  { from, to, lostAt }: { from: string; to: string; lostAt: number },
  replicas: readonly ReplicaEvidence[],
): Partial<Record<ReplicaRisk, string>> {
  if (!traitsOf(procedure).moves) return {};
  const planned = traitsOf(procedure).planned === true;
  const texts = (which: readonly ReplicaEvidence[], text: (one: ReplicaEvidence) => string) =>
    which.length > 0 ? which.map(text).join(' ') : undefined;
  const usable = replicas.filter((one) => one.usable);
  const found: Partial<Record<ReplicaRisk, string | undefined>> = {
    'replica-unusable': texts(
      replicas.filter((one) => !one.usable),
      ({ component, why }) =>
        planned
          ? `${component} at ${to} is no standby that could take over (${why}): it is made one first, which may copy all of it.`
          : `${component} at ${to} cannot be promoted (${why}): it is restored from the recovery point instead, and what came after that is lost.`,
    ),
    ...(planned ? plannedRisks(usable, texts) : lossRisks(usable, { from, to, lostAt }, texts)),
  };
  return Object.fromEntries(Object.entries(found).filter(([, text]) => text !== undefined));
}

type Texts = (which: readonly ReplicaEvidence[], text: (one: ReplicaEvidence) => string) => string | undefined;

function plannedRisks(usable: readonly ReplicaEvidence[], texts: Texts) {
  return {
    'replica-not-streaming': texts(
      usable.filter((one) => !one.streaming),
      ({ component }) => `${component} does not stream: the move waits until it does, or makes it anew.`,
    ),
    'replica-behind': texts(
      usable.filter((one) => one.streaming && one.tooFar !== undefined),
      ({ component, tooFar }) =>
        `${component} is further behind than the plan allows (${tooFar}): the move waits for it.`,
    ),
    'replica-slot-lost': texts(
      usable.filter(({ slot }) => slot === 'missing' || slot === 'lost'),
      ({ component, slot }) =>
        `The slot of ${component} is ${slot} at the primary: its log may be gone before the standby has it.`,
    ),
  };
}

function lossRisks(
  usable: readonly ReplicaEvidence[],
  { from, to, lostAt }: { from: string; to: string; lostAt: number },
  texts: Texts,
) {
  return {
    'replica-loss': texts(
      usable.filter(({ complete }) => !complete),
      ({ component, missing, lastAt }) => {
        const since = lastAt ? ` Its last transaction is of ${lastAt}${ago(lostAt - Date.parse(lastAt))}.` : '';
        const known = missing ? ` ${missing} bytes are known to be missing.` : '';
        return `${component} replicates after the fact: what ${from} acknowledged and ${to} has not received is lost.${since}${known}`;
      },
    ),
    'no-replica-after': texts(
      usable,
      ({ component }) =>
        `${component} has no standby after this failover, until ${from} joins it again: muster rejoin once it is back, or the failback.`,
    ),
  };
}

function ago(ms: number): string {
  return ms > 0 ? `, ${formatDuration(ms)} before the outage` : '';
}

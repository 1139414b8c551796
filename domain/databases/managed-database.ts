/** What RDS says of an instance, whether it may be promoted, and the named risks that follow. Pure. */
import { z } from 'zod';
import { formatDuration } from '../duration.ts';
import { type Procedure, traitsOf } from '../playbook/procedures.ts';
import type { ReplicaRisk } from './replica-evidence.ts';

/** One DB instance, reduced to what is decided on. */
export const rdsInstanceSchema = z.object({
  instance: z.string(),
  region: z.string(),
  arn: z.string(),
  /** `available`, `backing-up`, `modifying`, `storage-full` ... */
  status: z.string(),
  /** What it follows: an identifier within the region, an ARN across regions; absent when it follows nothing. */
  source: z.string().optional(),
  /** `replicating`, `error: ...`; absent when RDS does not say. */
  replication: z.string().optional(),
  /** `postgres 15.4` */
  engine: z.string(),
  /** Days of automatic backups; 0: none, and nothing can replicate from it. */
  retention: z.number().int(),
  /** Absent while it is made. */
  address: z.string().optional(),
  port: z.number().int().optional(),
});
export type RdsInstance = z.infer<typeof rdsInstanceSchema>;

/** It takes connections in these. */
const serving = ['available', 'backing-up', 'storage-optimization'];
/** It does not leave these by itself. */
const stuck =
  /^(failed|stopped|stopping|deleting|delete-precheck|storage-full|restore-error|inaccessible-encryption-credentials.*|incompatible-.*|insufficient-capacity)$/;

export function serves({ status }: Pick<RdsInstance, 'status'>): boolean {
  return serving.includes(status);
}

export function isStuck({ status }: Pick<RdsInstance, 'status'>): boolean {
  return stuck.test(status);
}

/** Whether an instance's source is this one: RDS names it by identifier within a region and by ARN across regions. */
export function follows(own: RdsInstance, source: { readonly instance: string; readonly region: string }): boolean {
  const [, , , region = own.region, , , instance = own.source] = own.source?.split(':') ?? [];
  return own.source !== undefined && region === source.region && instance === source.instance;
}

export interface Promotability {
  /** `promoted`: it follows nothing and serves. `wait`: time may mend it. `refuse`: a person has to. */
  readonly answer: 'promotable' | 'promoted' | 'wait' | 'refuse';
  readonly why: string;
}

/** @param source  the instance that the plan has at the other site */
export function judgeManaged(
  own: RdsInstance | undefined,
  source: { readonly instance: string; readonly region: string },
): Promotability {
  if (!own) return { answer: 'refuse', why: 'there is no such instance' };
  if (isStuck(own)) return { answer: 'refuse', why: `it is ${own.status}` };
  if (own.source !== undefined && !follows(own, source)) {
    return { answer: 'refuse', why: `it follows ${own.source}, not ${source.instance} in ${source.region}` };
  }
  if (own.source === undefined) {
    return serves(own)
      ? { answer: 'promoted', why: `it takes writes and follows nothing (${own.status})` }
      : { answer: 'wait', why: `it follows nothing and is ${own.status}` };
  }
  // RDS promotes an instance that is available, and no other.
  if (own.status !== 'available') return { answer: 'wait', why: `it is ${own.status}` };
  return { answer: 'promotable', why: `it follows ${source.instance} in ${source.region}` };
}

/** How far a replica is behind, as CloudWatch has it. */
export const lagSchema = z.object({ seconds: z.number().nonnegative(), at: z.iso.datetime() });
export type Lag = z.infer<typeof lagSchema>;

/** The last moment whose writes the replica has, ISO. */
export function replicatedUntil({ seconds, at }: Lag): string {
  return new Date(Date.parse(at) - seconds * 1_000).toISOString();
}

export interface ManagedEvidence {
  readonly database: string;
  readonly judged: Promotability;
  readonly replica?: RdsInstance;
  /** Absent where CloudWatch does not know it. */
  readonly lag?: Lag;
  /** More than this is a risk, ms. */
  readonly maximumLag: number;
}

/** `orders-west is available, follows orders-east in us-east-1, 2s behind; postgres 15.4, backups of 7 days` */
export function describeManaged({ replica, judged, lag }: ManagedEvidence): string {
  if (!replica) return judged.why;
  const { instance, status, engine, retention, replication } = replica;
  const behind = lag
    ? `${formatDuration(Math.round(lag.seconds * 1_000))} behind at ${lag.at}`
    : 'its lag is not known';
  return [
    `${instance} is ${status}, ${judged.why}`,
    ...(replica.source === undefined ? [] : [behind]),
    ...(replication ? [`replication ${replication}`] : []),
    `${engine}, ${retention === 0 ? 'no automatic backups' : `backups of ${retention} days`}`,
  ].join('; ');
}

/** By the names of the risks of a standby that streams: to those who accept them they are the same. */
export function managedRisks(
  procedure: Procedure,
  { from, to, lostAt }: { readonly from: string; readonly to: string; readonly lostAt: number },
  databases: readonly ManagedEvidence[],
): Partial<Record<ReplicaRisk, string>> {
  if (!traitsOf(procedure).moves) return {};
  const texts = (which: readonly ManagedEvidence[], text: (one: ManagedEvidence) => string) =>
    which.length > 0 ? which.map(text).join(' ') : undefined;
  const following = databases.filter(({ replica }) => replica?.source !== undefined);
  const found: Partial<Record<ReplicaRisk, string | undefined>> = {
    'replica-unusable': texts(
      databases.filter(({ judged }) => judged.answer === 'wait' || judged.answer === 'promoted'),
      ({ database, judged, replica }) =>
        judged.answer === 'promoted'
          ? `${replica?.instance} follows nothing: it takes writes as it is, and whether it ever had what ${from} wrote to ${database} is not known.`
          : `${database} at ${to} cannot be promoted yet (${judged.why}): the run waits for it.`,
    ),
    'replica-not-streaming': texts(
      following.filter(({ replica }) => replica?.replication !== undefined && replica.replication !== 'replicating'),
      ({ database, replica }) => `The replication of ${database} does not work (${replica?.replication}).`,
    ),
    'replica-behind': texts(
      following.filter(({ lag, maximumLag }) => lag !== undefined && lag.seconds * 1_000 > maximumLag),
      ({ database, lag, maximumLag }) =>
        `${database} is ${formatDuration(Math.round((lag?.seconds ?? 0) * 1_000))} behind, the plan allows ${formatDuration(maximumLag)}.`,
    ),
    'replica-loss': texts(following, ({ database, lag }) => {
      const until = lag && replicatedUntil(lag);
      const ago = until ? lostAt - Date.parse(until) : 0;
      const since = until
        ? ` It has what was written until ${until}${ago > 0 ? `, ${formatDuration(ago)} before the outage` : ''}.`
        : ' How far it is behind is not known.';
      return `${database} replicates after the fact: what ${from} acknowledged and ${to} has not received is lost.${since}`;
    }),
    'no-replica-after': texts(
      databases,
      ({ database }) =>
        `${database} has no standby after this failover, until ${from} answers and a new replica was copied there: where this run does not wait for it, muster rejoin does it later.`,
    ),
  };
  return Object.fromEntries(Object.entries(found).filter(([, text]) => text !== undefined));
}

/** What a compiler needs of it. The address of a replica stays when it is promoted. */
export const managedSummarySchema = z.object({
  database: z.string(),
  /** False: it followed nothing when it was assessed, and is taken as it is. */
  follows: z.boolean(),
  address: z.string(),
  port: z.number().int(),
});

export function managedSummary({ database, replica }: ManagedEvidence): z.infer<typeof managedSummarySchema> {
  return {
    database,
    follows: replica?.source !== undefined,
    address: replica?.address ?? '',
    port: replica?.port ?? 0,
  };
}

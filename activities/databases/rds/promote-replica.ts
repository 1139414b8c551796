/** Promotes a read replica of RDS, as far as it has come. AWS: "Promoting a read replica to be a standalone DB instance". */
import { z } from 'zod';
import {
  judgeManaged,
  type Lag,
  type Promotability,
  replicatedUntil,
} from '../../../domain/databases/managed-database.ts';
import { refusal } from '../../../domain/errors.ts';
import { awsError } from '../../aws/errors.ts';
import { handling } from '../../compute/instances.ts';
import type { StepContext } from '../../context.ts';
import { type CheckResult, defineStep } from '../../step.ts';
import { waitFor, withLimit } from '../../waiting.ts';
import { readLag, readRds, type SeenInstance } from './instances.ts';

/** A DB instance by its identifier. */
export const rdsPlaceSchema = z.object({ site: z.string(), region: z.string(), instance: z.string() });

const input = z.object({
  database: z.string(),
  replica: rdsPlaceSchema,
  /** What it must follow: another instance's replica is not promoted. */
  source: rdsPlaceSchema,
  /** False where it followed nothing when it was assessed, and people accepted that. */
  follows: z.boolean(),
  /** Days of automatic backups where it has none. */
  backupRetention: z.number().int().positive(),
  /** ms until it must take writes. */
  within: z.number().int().positive(),
});
type Input = z.output<typeof input>;

export interface PromotedRds {
  readonly outcome: string;
  readonly summary: string;
  readonly database: string;
  readonly address: string;
  /** The data is as of this moment, ISO, by CloudWatch's last figure; absent where it has none. */
  readonly takenAt?: string;
  /** That figure; of right before the promotion. */
  readonly lag?: Lag;
}

/** Refusals `DatabaseNotPromotable`, `PromotionStuck`, `StaysPromoted`. */
export const promoteRdsReplica = defineStep<typeof input, PromotedRds>({
  kind: 'promoteRdsReplica',
  version: 1,
  input,
  title: ({ database, replica }) =>
    `Promote ${database} at ${replica.site} (${replica.instance}) as far as it has come`,
  shell: ({ replica: { instance, region }, backupRetention }) => [
    `aws rds describe-db-instances --region ${region} --db-instance-identifier ${instance} --query 'DBInstances[0].[DBInstanceStatus,ReadReplicaSourceDBInstanceIdentifier,BackupRetentionPeriod]'   # available, and its source`,
    `aws rds promote-read-replica --region ${region} --db-instance-identifier ${instance}   # with --backup-retention-period ${backupRetention} where that is 0`,
    `aws rds wait db-instance-available --region ${region} --db-instance-identifier ${instance}   # then describe again: promoted when it names no source`,
  ],
  limits: { startToClose: 2_400_000 },
  async check(given, context): Promise<CheckResult> {
    const { answer, why } = judgeManaged(await look(given, context), given.source);
    if (answer === 'refuse') return { state: 'blocked', why };
    return answer === 'promoted' ? { state: 'done', what: why } : { state: 'ready', what: why };
  },
  async run(given, context) {
    const found = await awaitAnswer(given, context, ['promotable', 'promoted']);
    const lag = found.source ? await lastLag(given, context) : undefined;
    if (found.source) await promote(given, found, context);
    const now = found.source ? await awaitAnswer(given, context, ['promoted']) : found;
    return said(given, { already: !found.source, now, lag });
  },
  /** A promotion cannot be taken back; what takes writes now is left to people. */
  async undo(given, _before, context) {
    const { database, replica, source, follows } = given;
    const own = await look(given, context);
    if (own?.source !== undefined) return { outcome: 'it was not promoted' };
    if (!follows) return { outcome: 'it followed nothing before' };
    throw refusal(
      'StaysPromoted',
      `${database} at ${replica.site} (${replica.instance}) was promoted after its primary was lost, and is left as it is: it may be the only copy of the newest writes.`,
      `muster failover goes on with it; where ${source.instance} is to serve again, stop the service at ${replica.site} first.`,
    );
  },
});

async function look({ replica }: Input, context: StepContext): Promise<SeenInstance | undefined> {
  const { instance, region } = replica;
  return await readRds(await context.rds(region), instance, region, { signal: context.signal });
}

/** @throws DatabaseNotPromotable at once where only a person can mend it, PromotionStuck when the time has passed */
async function awaitAnswer(
  given: Input,
  context: StepContext,
  wanted: readonly Promotability['answer'][],
): Promise<SeenInstance> {
  const { database, replica, source, within } = given;
  let last: Promotability | undefined;
  const found = await waitFor(
    {
      within,
      every: 500,
      signal: context.signal,
      onLook: (ms) =>
        context.heartbeat({ text: `${replica.instance}: ${last?.why ?? 'asked'}, ${Math.round(ms / 1000)} s` }),
    },
    async () => {
      const seen = await look(given, context);
      last = judgeManaged(seen, source);
      if (last.answer === 'refuse') throw notPromotable(given, last.why);
      return seen && wanted.includes(last.answer) ? seen : undefined;
    },
  );
  if (found) return found;
  throw refusal(
    'PromotionStuck',
    `${database} at ${replica.site} (${replica.instance}, ${replica.region}) does not take writes after ${Math.round(within / 1000)} s: ${last?.why}.`,
    'look at the events of the instance in RDS, then retry this step: it goes on from where the instance is.',
  );
}

async function promote(given: Input, found: SeenInstance, context: StepContext): Promise<void> {
  const { instance, region } = given.replica;
  const { PromoteReadReplicaCommand } = await import('@aws-sdk/client-rds');
  const client = await context.rds(region);
  // Without automatic backups nothing could replicate from it afterwards.
  const backups = found.retention === 0 ? { BackupRetentionPeriod: given.backupRetention } : {};
  context.assertCurrent();
  context.log(`promote ${instance} in ${region}`);
  try {
    await client.send(
      new PromoteReadReplicaCommand({ DBInstanceIdentifier: instance, ...backups }),
      handling({ signal: context.signal }),
    );
  } catch (error) {
    context.signal.throwIfAborted();
    // The answer of a request that was carried out may be lost: what the instance is now decides.
    const now = judgeManaged(await look(given, context), given.source);
    if (now.answer === 'promoted' || now.answer === 'wait') return;
    throw awsError(error, `${given.database} at ${given.replica.site} (${instance}) could not be promoted`);
  }
}

/** A CloudWatch that does not answer must not hold a promotion up. */
async function lastLag({ replica }: Input, context: StepContext): Promise<Lag | undefined> {
  try {
    const client = await context.cloudWatch(replica.region);
    return await withLimit(3_000, context.signal, (signal) =>
      readLag(client, replica.instance, new Date(), { signal }),
    );
  } catch {
    context.signal.throwIfAborted();
    return undefined;
  }
}

function said(
  { database, replica, follows }: Input,
  { already, now, lag }: { already: boolean; now: SeenInstance; lag: Lag | undefined },
): PromotedRds {
  const until = lag && replicatedUntil(lag);
  const last = until ? `it has what was written until ${until}` : 'up to when it has the writes is not known';
  const before = follows ? 'promoted already' : 'it followed nothing before this run, and is taken as it is';
  return {
    outcome: already ? before : `promoted; ${last}`,
    summary: `${database} takes writes at ${replica.site} (${replica.instance}); ${already ? before : last}.`,
    database,
    address: now.address ?? '',
    ...(lag && until ? { takenAt: until, lag } : {}),
  };
}

function notPromotable({ database, replica }: Input, why: string) {
  return refusal(
    'DatabaseNotPromotable',
    `${database} cannot be promoted at ${replica.site} (${replica.instance}): ${why}.`,
    'mend the instance in RDS, then retry this step.',
  );
}

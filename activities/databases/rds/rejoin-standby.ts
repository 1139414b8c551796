/**
 * Gives a promoted database a standby again: a new read replica at the site that was left, under the identifier that the plan has there.
 *
 * RDS cannot make a replica of an instance that took writes. The old primary is renamed aside, with all it holds, and is never deleted;
 * what it was like (class, network, key) is what the new one is made like. AWS: "Creating a read replica in a different AWS Region".
 */
import { z } from 'zod';
import { follows, isStuck, serves } from '../../../domain/databases/managed-database.ts';
import { refusal } from '../../../domain/errors.ts';
import { passing } from '../../aws/errors.ts';
import { type CheckResult, defineStep } from '../../step.ts';
import type { SeenInstance } from './instances.ts';
import { rdsPlaceSchema } from './promote-replica.ts';
import { createReplica, putAside } from './rejoin-changes.ts';
import { asideName, asideOf, look, lookUntil, RegionSilent, type Rejoining } from './rejoin-look.ts';

const input = z.object({
  database: z.string(),
  /** Where the standby is to be: the site that was left. */
  standby: rdsPlaceSchema,
  /** What takes writes now. */
  primary: rdsPlaceSchema,
  /** ms until the replica must follow; RDS goes on copying after it. */
  within: z.number().int().positive(),
  /** ms that one look at a region that may be lost takes. */
  requestLimit: z.number().int().positive().default(8_000),
  /** ms for which a region is asked before it counts as lost, as long as nothing was changed there. */
  lostAfter: z.number().int().positive().default(60_000),
});
type Input = z.output<typeof input>;

export interface Rejoined {
  readonly outcome: 'redundant' | 'not redundant';
  readonly why: string;
  readonly database: string;
  /** The old primary with what only it may hold; nobody but a person deletes it. */
  readonly kept?: string;
  /** Told to people at once: what was begun is not finished. */
  readonly alarm?: string;
}

/**
 * That the region left is lost, or still copies, is an outcome: the risk at the gate behind it says just that. Any other reason is a
 * failure, which asks a person: `PrimaryNotFound`, `PrimaryNotPromoted`, `PrimaryNotServing`, `NoBackups`, `DatabaseRefused`, `StandbyStuck`.
 */
export const rejoinRdsStandby = defineStep<typeof input, Rejoined>({
  kind: 'rejoinRdsStandby',
  version: 1,
  input,
  title: ({ database, standby, primary }) => `Make ${database} at ${standby.site} a replica of ${primary.site} again`,
  shell: ({ standby, primary }) => {
    const aside = asideName(standby.instance);
    return [
      `aws rds modify-db-instance --region ${standby.region} --db-instance-identifier ${standby.instance} --new-db-instance-identifier ${aside} --apply-immediately   # the old primary, kept`,
      `aws rds wait db-instance-available --region ${standby.region} --db-instance-identifier ${aside}`,
      `source=$(aws rds describe-db-instances --region ${primary.region} --db-instance-identifier ${primary.instance} --query 'DBInstances[0].DBInstanceArn' --output text)`,
      `aws rds create-db-instance-read-replica --region ${standby.region} --source-region ${primary.region} --db-instance-identifier ${standby.instance} --source-db-instance-identifier "$source"   # with class, subnet group, security groups and --kms-key-id of ${aside}`,
      `aws rds wait db-instance-available --region ${standby.region} --db-instance-identifier ${standby.instance}`,
      `# when nobody needs what ${aside} holds: aws rds delete-db-instance --region ${standby.region} --db-instance-identifier ${aside} --final-db-snapshot-identifier ${aside}-final`,
    ];
  },
  limits: { startToClose: 7_200_000 },
  async check(given, context): Promise<CheckResult> {
    try {
      const { own, primary } = await look(given, context);
      if (!primary) throw noPrimary(given);
      if (own && follows(own, primary)) return { state: 'done', what: `${own.instance} follows it (${own.status})` };
      if (own?.source) return { state: 'blocked', why: `${own.instance} follows ${own.source}` };
      const what = own ? `${own.instance} is put aside as ${asideOf(given.standby, context)}` : 'there is none';
      return { state: 'ready', what };
    } catch (error) {
      if (!(error instanceof RegionSilent)) throw error;
      return { state: 'ready', what: `RDS of ${error.region} does not answer: the gate would ask` };
    }
  },
  async run(given, context) {
    const begun = (context.resumeFrom as { begun?: boolean } | undefined)?.begun === true;
    const work: Work = { given, context, begun };
    try {
      return await rejoin(work);
    } catch (error) {
      if (!(error instanceof RegionSilent) || error.region !== given.standby.region) throw error;
      return lost(work);
    }
  },
});

interface Work extends Rejoining {
  readonly given: Input;
  /** Something was changed at the region that was left. */
  begun: boolean;
}

async function rejoin(work: Work): Promise<Rejoined> {
  const { standby, database } = work.given;
  const primary = await servingPrimary(work);
  let { seen } = await lookUntil(work, () => true);
  if (seen.own?.source && !follows(seen.own, primary)) {
    throw refusal(
      'DatabaseRefused',
      `${standby.instance} follows ${seen.own.source}, not ${primary.instance}, and is left as it is.`,
      'look at which instance is the standby, correct the plan or RDS, then retry this step.',
    );
  }
  if (!seen.own || !follows(seen.own, primary)) refuseWithoutBackups(primary);
  if (seen.own && !seen.own.source && seen.own.status !== 'creating') {
    begin(work);
    if (seen.own.status !== 'renaming') await putAside(work, seen);
    seen = await settled(work);
  }
  const kept = seen.aside ? { kept: seen.aside.instance } : {};
  if (!seen.own) {
    begin(work);
    await createReplica(work, seen.aside, primary);
  }
  const done = await follow(work);
  const beside = kept.kept
    ? `; the old primary is kept as ${kept.kept}, until a person deletes it with a final snapshot`
    : '';
  return { ...done, why: `${done.why}${beside}`, database, ...kept };
}

/** The next attempt knows it too: what was begun is not given up as soon as a region that was never reached. */
function begin(work: Work): void {
  work.begun = true;
  work.context.heartbeat({ resume: { begun: true } });
}

/** A promotion ends in restarts and a backup: what takes no writes yet is waited for. */
async function servingPrimary(work: Work): Promise<SeenInstance> {
  const { given, begun } = work;
  const patience = begun ? given.within : given.lostAfter;
  const { seen } = await lookUntil(work, ({ primary }) => primary !== undefined && !primary.source, patience);
  if (!seen.primary) throw noPrimary(given);
  if (seen.primary.source) {
    throw refusal(
      'PrimaryNotPromoted',
      `${given.primary.instance} follows ${seen.primary.source} (${seen.primary.status}): nothing is made to follow it.`,
      'promote it in RDS, then retry this step.',
    );
  }
  const ready = await lookUntil(work, ({ primary }) => primary !== undefined && (serves(primary) || isStuck(primary)));
  const { primary } = ready.seen;
  if (primary && serves(primary)) return primary;
  throw refusal(
    'PrimaryNotServing',
    `${given.primary.instance} does not take writes (${primary?.status ?? 'gone'}): nothing is made to follow it.`,
    'mend it in RDS, then retry this step.',
  );
}

/** Before anything is renamed. */
function refuseWithoutBackups({ retention, instance, region }: SeenInstance): void {
  if (retention > 0) return;
  throw refusal(
    'NoBackups',
    `${instance} in ${region} keeps no automatic backups, and RDS replicates from none that does not.`,
    `aws rds modify-db-instance --region ${region} --db-instance-identifier ${instance} --backup-retention-period 7 --apply-immediately, then retry this step.`,
  );
}

/** RDS answers with the old state for a while. */
async function settled(work: Work) {
  const { found, seen } = await lookUntil(work, ({ own, aside }) => own === undefined && aside !== undefined);
  if (found) return seen;
  throw passing(
    'StillRenaming',
    `${work.given.standby.instance} is ${seen.own?.status ?? 'gone'}, and is not yet seen under its new name.`,
    'wait: it is looked at again.',
  );
}

async function follow(work: Work): Promise<Pick<Rejoined, 'outcome' | 'why'>> {
  const { standby, primary } = work.given;
  const { found, seen } = await lookUntil(
    work,
    ({ own, primary: source }) =>
      own !== undefined && (isStuck(own) || (own.status === 'available' && !!source && follows(own, source))),
  );
  const { own } = seen;
  const at = `${standby.instance} at ${standby.site}`;
  if (found && own && !isStuck(own)) return { outcome: 'redundant', why: `${at} follows ${primary.instance}` };
  if (own && !isStuck(own) && own.status !== 'available') {
    return { outcome: 'not redundant', why: `${at} is ${own.status}: it does not follow ${primary.instance} yet` };
  }
  throw refusal(
    'StandbyStuck',
    `${at} is ${own?.status ?? 'not there'} and does not follow ${primary.instance}.`,
    'look at its events in RDS; where it is of no use, delete this new replica, then retry this step: it makes another.',
  );
}

/** Accepted with the approval where nothing was begun; what is half done is told to people, whoever accepted what. */
function lost({ given, begun }: Work): Rejoined {
  const { database, standby } = given;
  const why = `RDS of ${standby.region} does not answer: ${database} has no standby`;
  const half = `${why}, and what was begun there is not finished: see ${standby.instance} and ${asideName(standby.instance)}-… in RDS once it answers.`;
  return { outcome: 'not redundant', why, database, ...(begun ? { alarm: half } : {}) };
}

function noPrimary({ primary, standby }: Input) {
  return refusal(
    'PrimaryNotFound',
    `There is no instance ${primary.instance} in ${primary.region} that ${standby.site} could follow.`,
    'look at what was promoted in RDS, then retry this step.',
  );
}

/**
 * Gives a promoted database a standby again: a new read replica at the site that was left, under the identifier that the plan has there.
 *
 * RDS cannot make a replica of an instance that took writes. The old primary is renamed aside, with all it holds, and is never deleted;
 * what it was like (class, network, key) is what the new one is made like. AWS: "Creating a read replica in a different AWS Region".
 */
import type { RDSClient } from '@aws-sdk/client-rds';
import { z } from 'zod';
import { refusal } from '../../../domain/errors.ts';
import { follows, isStuck, serves } from '../../../domain/managed-database.ts';
import { awsError, isUnreachable, passing } from '../../aws/errors.ts';
import { handling } from '../../compute/instances.ts';
import type { StepContext } from '../../context.ts';
import { type CheckResult, defineStep } from '../../step.ts';
import { waitFor, withLimit } from '../../waiting.ts';
import { readRds, type SeenInstance } from './instances.ts';
import { rdsPlaceSchema } from './promote-replica.ts';

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
});
type Input = z.output<typeof input>;

export interface Rejoined {
  readonly outcome: 'redundant' | 'not redundant';
  readonly why: string;
  readonly database: string;
  /** The old primary with what only it may hold; nobody but a person deletes it. */
  readonly kept?: string;
}

/** What the site has: the replica, another instance in its place, the old primary put aside. */
interface Seen {
  readonly own: SeenInstance | undefined;
  readonly aside: SeenInstance | undefined;
  readonly primary: SeenInstance;
}

/** A lost region is an outcome: the gate behind it asks a person where nobody accepted it. Refusals `NoBackups`, `PrimaryNotFound`. */
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
  limits: { startToClose: 7_200_000, attempts: 5 },
  async check(given, context): Promise<CheckResult> {
    try {
      const { own, primary } = await look(given, context);
      if (own && follows(own, primary)) return { state: 'done', what: `${own.instance} follows it (${own.status})` };
      if (own?.source) return { state: 'blocked', why: `${own.instance} follows ${own.source}` };
      return {
        state: 'ready',
        what: own ? `${own.instance} is put aside as ${asideOf(given, context)}` : 'there is none',
      };
    } catch (error) {
      context.signal.throwIfAborted();
      if (!isUnreachable(causeOf(error))) throw error;
      return { state: 'ready', what: `RDS of ${given.standby.region} does not answer: the gate would ask` };
    }
  },
  async run(given, context) {
    try {
      return await rejoin(given, context);
    } catch (error) {
      context.signal.throwIfAborted();
      if (!isUnreachable(causeOf(error))) throw error;
      const why = `RDS of ${given.standby.region} does not answer: ${given.database} has no standby`;
      return { outcome: 'not redundant', why, database: given.database };
    }
  },
});

async function rejoin(given: Input, context: StepContext): Promise<Rejoined> {
  const { standby, database } = given;
  const client = await context.rds(standby.region);
  let seen = await look(given, context);
  if (seen.primary.source !== undefined || !serves(seen.primary)) {
    const why = `${given.primary.instance} does not take writes (${seen.primary.status}): nothing is made to follow it`;
    return { outcome: 'not redundant', why, database };
  }
  if (seen.own?.source && !follows(seen.own, seen.primary)) {
    const why = `${standby.instance} follows ${seen.own.source}, and is left as it is`;
    return { outcome: 'not redundant', why, database };
  }
  if (seen.own && !seen.own.source && seen.own.status !== 'creating') {
    if (seen.own.status !== 'renaming') await putAside(client, given, seen, context);
    seen = await settle(given, context, ({ own, aside }) => own === undefined && aside !== undefined);
  }
  const kept = seen.aside ? { kept: seen.aside.instance } : {};
  if (!seen.own) await create(client, given, seen, context);
  const done = await follow(given, context);
  const beside = kept.kept
    ? `; the old primary is kept as ${kept.kept}, until a person deletes it with a final snapshot`
    : '';
  return { ...done, why: `${done.why}${beside}`, database, ...kept };
}

async function look(given: Input, context: StepContext): Promise<Seen> {
  const { standby, primary, requestLimit } = given;
  const at = async ({ region, instance }: { region: string; instance: string }) =>
    await withLimit(requestLimit, context.signal, async (signal) =>
      readRds(await context.rds(region), instance, region, { signal, limit: requestLimit }),
    );
  const [own, old, source] = await Promise.all([
    at(standby),
    at({ ...standby, instance: asideOf(given, context) }),
    at(primary),
  ]);
  if (source) return { own, aside: old, primary: source };
  throw refusal(
    'PrimaryNotFound',
    `There is no instance ${primary.instance} in ${primary.region} that ${standby.site} could follow.`,
    'look at what was promoted in RDS, then retry this step.',
  );
}

/** With everything it holds, and under a name that no service asks for: a returning primary is not served either. */
async function putAside(client: RDSClient, given: Input, { own, aside }: Seen, context: StepContext): Promise<void> {
  const { standby } = given;
  const name = asideOf(given, context);
  if (aside) {
    throw refusal(
      'DatabaseRefused',
      `${name} in ${standby.region} is there already, and ${standby.instance} is no replica: which of them holds what is not known.`,
      'rename one of them in RDS, then retry this step.',
    );
  }
  const { ModifyDBInstanceCommand } = await import('@aws-sdk/client-rds');
  context.assertCurrent();
  context.log(`rename ${standby.instance} to ${name} in ${standby.region}`, { status: own?.status });
  const renaming = {
    DBInstanceIdentifier: standby.instance,
    NewDBInstanceIdentifier: name,
    ApplyImmediately: true,
  };
  try {
    await client.send(new ModifyDBInstanceCommand(renaming), handling({ signal: context.signal }));
  } catch (error) {
    throw awsError(error, `${standby.instance} in ${standby.region} could not be renamed to ${name}`);
  }
}

/** Waits until what was changed is seen; RDS answers with the old state for a while. */
async function settle(given: Input, context: StepContext, wanted: (seen: Seen) => boolean): Promise<Seen> {
  let last: Seen | undefined;
  const found = await waitFor({ within: given.within, every: 500, signal: context.signal, onLook: say }, async () => {
    last = await look(given, context);
    return wanted(last) ? last : undefined;
  });
  if (found) return found;
  throw passing(
    'StillRenaming',
    `${given.standby.instance} is ${last?.own?.status ?? 'gone'}, and is not yet seen under its new name.`,
    'wait: it is looked at again.',
  );

  function say(ms: number): void {
    const { own } = last ?? {};
    context.heartbeat({ text: `${given.standby.instance}: ${own?.status ?? 'asked'}, ${Math.round(ms / 1000)} s` });
  }
}

async function create(client: RDSClient, given: Input, { aside, primary }: Seen, context: StepContext): Promise<void> {
  const { standby, database } = given;
  if (primary.retention === 0) {
    throw refusal(
      'NoBackups',
      `${primary.instance} in ${primary.region} keeps no automatic backups, and RDS replicates from none that does not.`,
      `aws rds modify-db-instance --region ${primary.region} --db-instance-identifier ${primary.instance} --backup-retention-period 7 --apply-immediately, then retry this step.`,
    );
  }
  const { CreateDBInstanceReadReplicaCommand } = await import('@aws-sdk/client-rds');
  context.assertCurrent();
  context.log(`create ${standby.instance} in ${standby.region} as a replica of ${primary.arn}`);
  const replica = {
    ...aside?.settings,
    DBInstanceIdentifier: standby.instance,
    SourceDBInstanceIdentifier: primary.arn,
    SourceRegion: primary.region,
    CopyTagsToSnapshot: true,
  };
  try {
    await client.send(new CreateDBInstanceReadReplicaCommand(replica), handling({ signal: context.signal }));
  } catch (error) {
    throw awsError(error, `A replica of ${database} could not be made in ${standby.region}`);
  }
}

async function follow(given: Input, context: StepContext): Promise<Pick<Rejoined, 'outcome' | 'why'>> {
  let last: Seen | undefined;
  const { standby, primary, within } = given;
  const found = await waitFor(
    {
      within,
      every: 500,
      atMost: 15_000,
      signal: context.signal,
      onLook: (ms) =>
        context.heartbeat({
          text: `${standby.instance} is ${last?.own?.status ?? 'asked for'}, ${Math.round(ms / 1000)} s`,
        }),
    },
    async () => {
      last = await look(given, context);
      const { own } = last;
      if (!own) return undefined;
      return isStuck(own) || (own.status === 'available' && follows(own, last.primary)) ? own : undefined;
    },
  );
  if (found && !isStuck(found)) {
    return { outcome: 'redundant', why: `${standby.instance} at ${standby.site} follows ${primary.instance}` };
  }
  const state = `${standby.instance} at ${standby.site} is ${last?.own?.status ?? 'not there yet'}`;
  return { outcome: 'not redundant', why: `${state}: it does not follow ${primary.instance} yet` };
}

/** `orders-east-old-1a2b3c4d`: told apart by the run, and the same at each attempt of it. */
function asideOf({ standby }: Input, { run }: StepContext): string {
  const mark = run
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '')
    .slice(-12);
  return asideName(standby.instance, mark);
}

/** Identifiers of RDS have 63 characters at most. */
function asideName(instance: string, mark = ''): string {
  const end = mark === '' ? '-old' : `-old-${mark}`;
  return `${instance.slice(0, 63 - end.length).replace(/-+$/, '')}${end}`;
}

/** `awsError` wraps what could not be asked. */
function causeOf(error: unknown): unknown {
  return error instanceof Error && error.cause !== undefined ? error.cause : error;
}

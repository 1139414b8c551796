/** The two changes of a rejoin: the old primary renamed aside, a new replica made. What RDS says no to is looked at before it is believed. */

import { follows, isStuck } from '../../../domain/databases/managed-database.ts';
import { refusal } from '../../../domain/errors.ts';
import { awsCode, awsError, passing } from '../../aws/errors.ts';
import { handling } from '../../compute/instances.ts';
import type { SeenInstance } from './instances.ts';
import { asideOf, lookUntil, type Rejoining, type Seen } from './rejoin-look.ts';

/** With everything it holds, and under a name that no service asks for: a returning primary is not served either. */
export async function putAside(work: Rejoining, { own, aside }: Seen): Promise<void> {
  const { given, context } = work;
  const { standby } = given;
  const name = asideOf(standby, context);
  if (aside) {
    throw refusal(
      'DatabaseRefused',
      `${name} in ${standby.region} is there already, and ${standby.instance} is no replica: which of them holds what is not known.`,
      'rename one of them in RDS, then retry this step.',
    );
  }
  const { ModifyDBInstanceCommand } = await import('@aws-sdk/client-rds');
  const client = await context.rds(standby.region);
  const renaming = {
    DBInstanceIdentifier: standby.instance,
    NewDBInstanceIdentifier: name,
    ApplyImmediately: true,
  };
  context.assertCurrent();
  context.log(`rename ${standby.instance} to ${name} in ${standby.region}`, { status: own?.status });
  try {
    await client.send(new ModifyDBInstanceCommand(renaming), handling({ signal: context.signal }));
  } catch (error) {
    context.signal.throwIfAborted();
    // The answer of a request that was carried out may be lost, and the SDK's own second try then finds nothing to rename.
    if (/^DBInstanceNotFound(Fault)?$/.test(awsCode(error))) return;
    const { seen } = await lookUntil(work, () => true);
    if (!seen.own || seen.aside || seen.own.status === 'renaming') return;
    throw refusedFor(error, seen.own, `${standby.instance} in ${standby.region} could not be renamed to ${name}`);
  }
}

/** @param aside  how the new one is made: its class, network and key */
export async function createReplica(
  work: Rejoining,
  aside: SeenInstance | undefined,
  primary: SeenInstance,
): Promise<void> {
  const { given, context } = work;
  const { standby, database } = given;
  const { CreateDBInstanceReadReplicaCommand } = await import('@aws-sdk/client-rds');
  const client = await context.rds(standby.region);
  const replica = {
    ...aside?.settings,
    DBInstanceIdentifier: standby.instance,
    SourceDBInstanceIdentifier: primary.arn,
    SourceRegion: primary.region,
    CopyTagsToSnapshot: true,
  };
  context.assertCurrent();
  context.log(`create ${standby.instance} in ${standby.region} as a replica of ${primary.arn}`);
  try {
    await client.send(new CreateDBInstanceReadReplicaCommand(replica), handling({ signal: context.signal }));
  } catch (error) {
    context.signal.throwIfAborted();
    const { own } = (await lookUntil(work, () => true)).seen;
    if (own && (follows(own, primary) || (!own.source && own.status === 'creating'))) return;
    const what = `A replica of ${database} could not be made in ${standby.region}`;
    if (!own && /^DBInstanceAlreadyExists(Fault)?$/.test(awsCode(error))) throw notYet(error, what);
    throw refusedFor(error, own, what);
  }
}

/** RDS keeps a name for a while after a rename, and shows a new instance a while after it took it. */
function notYet(error: unknown, what: string): Error {
  return passing(
    'NameTaken',
    `${what}: its name is taken, and no such instance is seen yet.`,
    'wait: it is tried again.',
    error,
  );
}

/** A state that passes is waited for; one that does not needs a person. */
function refusedFor(error: unknown, own: SeenInstance | undefined, what: string): Error {
  if (!/^InvalidDBInstanceState(Fault)?$/.test(awsCode(error)) || !own || !isStuck(own)) return awsError(error, what);
  return refusal(
    'DatabaseRefused',
    `${what}: it is ${own.status}.`,
    'mend the instance in RDS, or rename it by hand, then retry this step.',
  );
}

/** How the databases are that a cloud runs: the replica at the target, how far it is behind, and the source where its region answers. */

import {
  describeManaged,
  judgeManaged,
  type Lag,
  type ManagedEvidence,
  type RdsInstance,
} from '../../../domain/databases/managed-database.ts';
import { refusal } from '../../../domain/errors.ts';
import type { ManagedDatabase } from '../../../domain/plan/databases.ts';
import type { Plan } from '../../../domain/plan/plan.ts';
import { readLag, readRds } from '../../databases/rds/instances.ts';
import type { AssessDeps } from '../deps.ts';
import { limitsOf } from '../deps.ts';
import { type Finding, findOut } from '../finding.ts';
import { siteOf } from './hosts.ts';

/** One fact for each replica, and one for each source. Nothing is asked where the plan has no such database. */
export async function managedFacts(
  { from, to }: { readonly from: string; readonly to: string },
  deps: AssessDeps,
): Promise<{ replicas: Finding<ManagedEvidence>[]; sources: Finding<RdsInstance>[] }> {
  const databases = deps.plan.databases ?? [];
  const [replicas, sources] = await Promise.all([
    Promise.all(databases.map((database) => replicaFact(database, { from, to }, deps))),
    Promise.all(databases.map((database) => sourceFact(database, from, deps))),
  ]);
  return { replicas, sources };
}

/**
 * What no time mends is refused before anything is touched: there is no recovery point that such a database could be restored from.
 *
 * @throws DatabaseNotPromotable; the error of a target whose RDS does not answer
 */
export function refuseUnpromotable(found: readonly Finding<ManagedEvidence>[], plan: Plan, to: string): void {
  for (const { evidence, error } of found) {
    if (!evidence) throw error;
    if (evidence.judged.answer !== 'refuse' && evidence.replica?.address) continue;
    const instance = plan.databases?.find(({ name }) => name === evidence.database)?.sites[to]?.instance;
    const why = evidence.judged.answer === 'refuse' ? evidence.judged.why : 'it has no address yet';
    throw refusal(
      'DatabaseNotPromotable',
      `${evidence.database} cannot be promoted at ${to} (${instance}): ${why}.`,
      'mend the replica in RDS, or restore a snapshot under that identifier; then start again.',
    );
  }
}

function place(plan: Plan, { sites }: ManagedDatabase, site: string) {
  return { instance: sites[site]?.instance ?? '', region: siteOf(plan, site).region };
}

async function replicaFact(
  database: ManagedDatabase,
  { from, to }: { readonly from: string; readonly to: string },
  deps: AssessDeps,
): Promise<Finding<ManagedEvidence>> {
  const own = place(deps.plan, database, to);
  const about = {
    id: `database-${database.name}`,
    title: `Replica of ${database.name} at ${to}`,
    source: `RDS and CloudWatch of ${own.region}`,
    ...limitsOf(deps),
  };
  return await findOut(about, async (signal) => {
    const [replica, lag] = await Promise.all([
      readRds(await deps.rds(own.region), own.instance, own.region, { signal }),
      lagOf(own, deps, signal),
    ]);
    const judged = judgeManaged(replica, place(deps.plan, database, from));
    const { maximumLag } = database.standby;
    const evidence = {
      database: database.name,
      judged,
      maximumLag,
      ...(replica ? { replica } : {}),
      ...(lag && replica?.source ? { lag } : {}),
    };
    const fine = judged.answer === 'promotable' && lag !== undefined && lag.seconds * 1_000 <= maximumLag;
    const state = judged.answer === 'refuse' ? 'bad' : fine ? 'good' : 'warning';
    return { value: describeManaged(evidence), state, evidence };
  });
}

/** What CloudWatch does not say is not known; it never holds a failover up. */
async function lagOf(
  { instance, region }: { readonly instance: string; readonly region: string },
  deps: AssessDeps,
  signal: AbortSignal,
): Promise<Lag | undefined> {
  // Half of the fact's own limit, so that a silent CloudWatch does not take RDS's answer with it.
  const patience = AbortSignal.any([signal, AbortSignal.timeout(Math.ceil(limitsOf(deps).limit / 2))]);
  const client = await deps.cloudWatch(region);
  return await readLag(client, instance, deps.now(), { signal: patience }).catch(() => {
    signal.throwIfAborted();
    return undefined;
  });
}

async function sourceFact(database: ManagedDatabase, from: string, deps: AssessDeps): Promise<Finding<RdsInstance>> {
  const own = place(deps.plan, database, from);
  const about = {
    id: `database-${database.name}-source`,
    title: `${database.name} at ${from}`,
    source: `RDS of ${own.region}`,
    ...limitsOf(deps),
  };
  return await findOut(about, async (signal) => {
    const found = await readRds(await deps.rds(own.region), own.instance, own.region, { signal });
    if (!found) throw new Error(`there is no instance ${own.instance} in ${own.region}`);
    const value = `${found.instance} is ${found.status}; ${found.engine}, backups of ${found.retention} days`;
    return { value, state: found.status === 'available' ? 'good' : 'warning', evidence: found };
  });
}

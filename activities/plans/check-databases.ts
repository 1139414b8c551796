/** Compares the databases of a plan with what RDS has: the instances, who follows whom, and backups to replicate from. Reads only. */
import type { RDSClient } from '@aws-sdk/client-rds';
import { follows } from '../../domain/databases/managed-database.ts';
import type { ManagedDatabase } from '../../domain/plan/databases.ts';
import { type Plan, siteOfRole } from '../../domain/plan/plan.ts';
import { readRds } from '../databases/rds/instances.ts';
import type { PlanFinding } from './check-secrets.ts';

interface Clients {
  rds(region: string): Promise<RDSClient>;
}

/** Of one database; rejects where RDS of one of its regions does not answer. */
export async function checkDatabase(
  plan: Plan,
  { name, sites }: ManagedDatabase,
  path: string,
  clients: Clients,
  signal: AbortSignal,
): Promise<PlanFinding[]> {
  const found = await Promise.all(
    Object.entries(sites).map(async ([site, { instance }]) => {
      const region = plan.sites[site]?.region ?? '';
      return { site, region, instance, own: await readRds(await clients.rds(region), instance, region, { signal }) };
    }),
  );
  const missing = found.filter(({ own }) => !own);
  if (missing.length > 0) {
    return missing.map(({ site, instance, region }) => ({
      path: `${path}.sites.${site}`,
      fact: `There is no DB instance ${instance} in ${region}.`,
      hint: 'correct the identifier, or make the read replica.',
    }));
  }
  // After a failover the roles are exchanged: whichever follows nothing is the source.
  const sources = found.filter(({ own }) => own?.source === undefined);
  if (sources.length > 1) return [severalWrite(plan, name, path, sources)];
  const source = sources.length === 1 ? sources[0] : found.find(({ site }) => site === siteOfRole(plan, 'primary'));
  const loose = found.filter((each) => each !== source && each.own && source && !follows(each.own, source));
  return [
    ...loose.map(({ site, instance, own }) => ({
      path: `${path}.sites.${site}`,
      fact: `${instance} follows ${own?.source ?? 'nothing'}, not ${source?.instance}: a failover of ${name} would not have its writes.`,
      hint: `make it a read replica of ${source?.instance} in ${source?.region}.`,
    })),
    ...(source?.own?.retention === 0
      ? [
          {
            path: `${path}.sites.${source.site}`,
            fact: `${source.instance} keeps no automatic backups: nothing can replicate from it.`,
            hint: 'aws rds modify-db-instance --backup-retention-period 7.',
          },
        ]
      : []),
  ];
}

/** A promoted replica beside the old primary: RDS does not say whose writes count, and a wrong word here would lose them. */
function severalWrite(
  { service }: Plan,
  name: string,
  path: string,
  sources: readonly { instance: string; region: string }[],
): PlanFinding {
  const each = sources.map(({ instance, region }) => `${instance} in ${region}`).join(' and ');
  return {
    path: `${path}.sites`,
    fact: `${each} follow nothing: each takes writes, and ${name} has no replica.`,
    hint: `see which site the names of ${service} lead to: its instance decides. Let nothing write to the other, and keep what only that holds before it is replaced.`,
  };
}

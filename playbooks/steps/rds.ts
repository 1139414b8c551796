/** The steps on databases that RDS runs: promoted by a failover, found by the service again, given a standby again. */
import { promoteRdsReplica } from '../../activities/databases/rds/promote-replica.ts';
import { rejoinRdsStandby } from '../../activities/databases/rds/rejoin-standby.ts';
import { command } from '../../activities/hosts/run-command.ts';
import { pointNameAt } from '../../activities/traffic/point-name-at.ts';
import { refusal } from '../../domain/errors.ts';
import type { ManagedDatabase } from '../../domain/plan/databases.ts';
import type { PlaybookItem, Step } from '../../domain/playbook/playbook.ts';
import { alongside, gate, hostsOfGroup, placeAt, type Situation, siteOf } from '../compiler.ts';

/** The gate's risk, as of a standby that streams: foreseen and accepted with the approval, or asked for at the gate. */
const noReplica = 'no-replica-after';

/** `from` has the primaries, `to` the replicas. */
export function rdsStepsFor(situation: Situation, from: string, to: string) {
  const { plan, assessment } = situation;
  const databases = plan.databases ?? [];
  const at = placeAt(plan, to);
  const place = ({ sites }: ManagedDatabase, site: string) => ({
    site,
    region: siteOf(plan, site).region,
    instance: sites[site]?.instance ?? '',
  });
  const rejoins = databases.map((database) =>
    rejoinRdsStandby.step(
      {
        database: database.name,
        standby: place(database, from),
        primary: place(database, to),
        within: database.standby.rejoin,
      },
      // What was accepted is that the region is lost: any other reason asks a person.
      at(`rejoin-${database.name}`),
    ),
  );

  function seen(database: ManagedDatabase) {
    const found = assessment.managed?.find((each) => each.database === database.name);
    if (found) return found;
    throw refusal(
      'DatabaseNotFound',
      `The assessment does not know ${database.name} at ${to}.`,
      'assess again: the plan has the database, and RDS was not asked.',
    );
  }

  return {
    promote: (): Step[] =>
      databases.map((database) =>
        promoteRdsReplica.step(
          {
            database: database.name,
            replica: place(database, to),
            source: place(database, from),
            follows: seen(database).follows,
            backupRetention: database.backupRetention,
            within: database.standby.within,
          },
          at(`promote-${database.name}`),
        ),
      ),

    /** Behind the promotion, before the service starts: its writers find what takes writes. */
    lead: (): Step[] =>
      databases.flatMap((database) => {
        const { endpoint, name } = database;
        const { address, port } = seen(database);
        if (endpoint === 'own') return [];
        if ('record' in endpoint) {
          const { zone, name: record, ttl } = endpoint.record;
          const target = { addresses: [address], ttl };
          return [pointNameAt.step({ zone, name: record, type: 'CNAME', target, site: to }, at(`lead-${name}`))];
        }
        const { on, run: script, limit } = endpoint.command;
        const filled = script.replaceAll('{address}', address).replaceAll('{port}', String(port));
        return hostsOfGroup(situation, to, on, `the database ${name}`).map((host) =>
          command.step(
            { title: `Lead the service to ${name} at ${to}`, run: filled, host, limit },
            at(`lead-${name}-${host.name}`, { limits: { startToClose: limit + 10_000 } }),
          ),
        );
      }),

    /** Beside everything that follows the cutover; the gate comes last, so that nothing waits for hours of copying but the end. */
    redundancy: (): { take: PlaybookItem[]; see: PlaybookItem[] } => ({
      take: alongside(`Give the databases a standby at ${from} again`, rejoins),
      see: gate(
        'The databases have a standby again, or someone accepted that they have not',
        rejoins,
        'redundant',
        noReplica,
      ),
    }),
  };
}

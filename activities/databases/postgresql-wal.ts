/** The log of a cluster that archives with pgBackRest: the server ships it by itself; this makes it do so now, and says how far it came. */
import { z } from 'zod';
import type { PostgresqlPitrComponent } from '../../domain/plan/component.ts';
import { helpers, partFiles, script } from '../archives/job-files.ts';
import type { StepContext } from '../context.ts';
import { runHostJob } from '../hosts/run-job.ts';
import { shellQuote } from '../hosts/shell-quote.ts';
import type { LogDriver, LogPlace } from '../logs/driver.ts';

const resultSchema = z.object({
  type: z.literal('archived'),
  archivedTo: z.string().optional(),
  segments: z.number(),
});

type Place = LogPlace<PostgresqlPitrComponent>;

export const postgresqlWal: LogDriver<PostgresqlPitrComponent> = {
  /** Refusals `ArchivingOff`, `ArchivingBroken`, `NotPrimary`. The server keeps what is not archived yet, so there are no gaps. */
  async ship(place, context) {
    const { archivedTo, segments } = await ask(place, 'ship', context);
    // What a segment takes in the repository is pgBackRest's to know.
    return { component: place.component.name, archivedTo, segments, storedBytes: 0, gaps: [] };
  },

  /** Only the server knows how far its archive is. */
  async lag(place, context) {
    const { archivedTo } = await ask(place, 'lag', context);
    return { archivedTo };
  },

  shell({ component, host }) {
    const { systemUser, port } = component;
    const psql = `runuser -u ${shellQuote(systemUser)} -- psql -XAt -p ${port}`;
    return [
      `ssh ${shellQuote(`${host.ssh.user}@${host.address}`)}`,
      `${psql} -c "SELECT pg_create_restore_point('shipped'), pg_switch_wal()"`,
      `${psql} -c 'SELECT last_archived_wal, last_archived_time, failed_count FROM pg_stat_archiver'`,
    ];
  },
};

async function ask({ component, host }: Place, what: 'ship' | 'lag', context: StepContext) {
  const { name, database, port, systemUser, archiveTimeout } = component;
  const { results } = await runHostJob(
    context,
    await context.host(host),
    {
      script: script('databases', 'ship-wal'),
      params: {
        ...(await helpers('archives', ...partFiles)),
        ...(await helpers('databases', 'postgresql.sh')),
        what,
        database,
        port: String(port),
        'system-user': systemUser,
        limit: String(Math.ceil(archiveTimeout / 1000)),
      },
      ...(what === 'ship' ? { lock: `log-${name}` } : {}),
    },
    { part: what },
  );
  return resultSchema.parse(results.at(-1));
}

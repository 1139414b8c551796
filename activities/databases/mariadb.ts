/** Driver `mariadb`: a dump in a snapshot, restored beside the present database, all tables switched in by one RENAME. */
import { z } from 'zod';
import type { MariadbComponent } from '../../domain/plan/component.ts';
import type { ComponentDriver } from '../archives/driver.ts';
import { lines, nulList, script } from '../archives/job-files.ts';
import { compareAnswers, recorded } from './answers.ts';
import { clientSecrets, shared } from './mariadb-job.ts';
import { momentOf, openBinlogs } from './mariadb-log.ts';

const detailsSchema = z.object({
  database: z.string(),
  charset: z.string(),
  collation: z.string(),
  serverVersion: z.string(),
  size: z.number(),
  /** Where the server's binlog stood at the snapshot; null without one. */
  binlog: z.object({ file: z.string(), position: z.number(), gtid: z.string() }).nullable(),
  /** Who may something in it, and what; passwords are not here. */
  accounts: z.array(z.object({ name: z.string(), role: z.boolean(), grants: z.array(z.string()) })),
});
const summarySchema = z.object({ type: z.literal('summary'), database: detailsSchema });

export const mariadb: ComponentDriver<MariadbComponent> = {
  async capture(component, { secret }) {
    return {
      script: script('databases', 'capture-mariadb'),
      params: {
        ...(await shared(component)),
        binlogs: component.binlogs ? 'yes' : 'no',
        checks: nulList(component.checks.flatMap(({ name, query }) => [name, query])),
      },
      secrets: await clientSecrets(component, secret),
    };
  },

  facts(component, results) {
    const summary = results.flatMap((line) => summarySchema.safeParse(line).data ?? [])[0];
    return { details: detailsSchema.parse(summary?.database), checks: recorded(component.checks, results) };
  },

  async restore(component, record, { run, point, secret, into, tables, until }) {
    const details = detailsSchema.parse(record.details);
    // Grants name the database, so they fit only where it has its name again.
    const accounts = details.database === component.database ? details.accounts : [];
    return {
      script: script('databases', 'restore-mariadb'),
      params: {
        ...(await shared(component, 'mariadb-switch.sh', 'mariadb-replay.sh')),
        source: details.database,
        until: until === undefined ? '' : momentOf(until).replace('T', ' ').replace('Z', ''),
        point,
        run,
        component: component.name,
        charset: details.charset,
        collation: details.collation,
        server: details.serverVersion,
        size: String(details.size),
        into: into ?? '',
        tables: lines(tables ?? []),
        accounts: nulList(
          accounts.flatMap(({ name, role, grants }) => [
            name,
            role ? 'role' : 'user',
            lines(grants.map((g) => `${g};`)),
          ]),
        ),
        checks: nulList(record.checks.flatMap(({ name, query, value }) => [name, query, value])),
      },
      secrets: await clientSecrets(component, secret),
    };
  },

  async log(component, record, wanted, stores, context) {
    const { binlog } = detailsSchema.parse(record.details);
    return await openBinlogs(component, record.takenAt, binlog, wanted, stores, context);
  },

  async undo(component, { run, point, into, secret }) {
    return {
      script: script('databases', 'undo-mariadb'),
      params: {
        ...(await shared(component, 'mariadb-switch.sh')),
        point,
        run,
        component: component.name,
        into: into ?? '',
      },
      secrets: await clientSecrets(component, secret),
    };
  },

  async verify(component, record, _finishedAt, { secret } = {}) {
    return {
      needsKey: false,
      script: script('databases', 'verify-mariadb'),
      params: {
        ...(await shared(component)),
        checks: nulList(record.checks.flatMap(({ name, query }) => [name, query])),
      },
      secrets: await clientSecrets(component, secret),
    };
  },

  judge: (component, record, results) => compareAnswers(component.name, record, results),
};

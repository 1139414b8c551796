/** Driver `postgresql`: dumps in one snapshot, restored beside the present database and switched in by rename. */
import { z } from 'zod';
import { refusal } from '../../domain/errors.ts';
import type { PostgresqlComponent } from '../../domain/plan/component.ts';
import type { ComponentRecord } from '../../domain/points/recovery-point.ts';
import type { ComponentDriver, RestoreOptions } from '../archives/driver.ts';
import { helpers, lines, nulList, partFiles, script } from '../archives/job-files.ts';
import { compareAnswers, recorded } from './answers.ts';
import { postgresqlDetails } from './postgresql-details.ts';

/** A table of this size is dumped on its own, as one of several side by side; some of an eighth of it share a dump. */
const ownBytes = 64 * 1024 * 1024;

const summarySchema = z.object({ type: z.literal('summary'), database: z.looseObject({}) });
const tablesSchema = z.object({ type: z.literal('tables'), archive: z.number(), names: z.array(z.string()) });

export const postgresql: ComponentDriver<PostgresqlComponent> = {
  async capture(component) {
    return {
      script: script('databases', 'capture-postgresql'),
      params: {
        ...(await shared(component)),
        ...(await helpers('databases', 'facts.sql')),
        jobs: String(component.jobs ?? 4),
        'own-bytes': String(ownBytes),
        checks: nulList(component.checks.flatMap(({ name, query }) => [name, query])),
      },
    };
  },

  facts(component, results) {
    const summary = results.flatMap((line) => summarySchema.safeParse(line).data ?? [])[0];
    const tables = results
      .flatMap((line) => tablesSchema.safeParse(line).data ?? [])
      .map(({ archive, names }) => ({ archive, names }))
      .sort((a, b) => a.archive - b.archive);
    return {
      details: postgresqlDetails.parse({
        ...summary?.database,
        layout: tables.length > 0 ? 'tables' : 'dump',
        tables,
      }),
      checks: recorded(component.checks, results),
    };
  },

  async restore(component, record, options) {
    const { run, point, secret } = options;
    const details = postgresqlDetails.parse(record.details);
    const { ownerPassword } = component;
    return {
      script: script('databases', 'restore-postgresql'),
      params: {
        ...(await shared(component)),
        ...(await helpers('databases', 'postgresql-load.sh', 'postgresql-tables.sh')),
        ...(await helpers('databases', 'make-roles.sql', 'set-database.sql', 'set-clause.sql')),
        ...wanted(component, options),
        point,
        run,
        component: component.name,
        owner: component.owner,
        encoding: details.encoding,
        collate: details.collate,
        ctype: details.ctype,
        provider: details.provider,
        icu: details.icuLocale ?? '',
        server: details.serverVersion,
        roles: lines(details.roles),
        extensions: lines(details.extensions),
        tablespaces: lines(details.tablespaces),
        ...(details.globals ? { facts: JSON.stringify({ globals: details.globals }) } : {}),
        size: String(details.size),
        bytes: String(record.bytes),
        archives: lines(archivesOf(record, details)),
        checks: nulList(record.checks.flatMap(({ name, query, value }) => [name, query, value])),
      },
      secrets: ownerPassword && !options.into ? { 'owner-password': await secret(ownerPassword) } : undefined,
    };
  },

  async token(component) {
    return { script: script('databases', 'token-postgresql'), params: await shared(component) };
  },

  async divergence(component, kept) {
    const rows = await helpers('databases', 'postgresql-rows.sh');
    const params = { ...(await shared(component)), ...rows, kept: kept[0] ?? '' };
    return { script: script('databases', 'differ-postgresql'), params };
  },

  async sessions(component, within) {
    const params = { ...(await shared(component)), within: String(Math.ceil(within / 1000)) };
    return { script: script('databases', 'sessions-postgresql'), params };
  },

  async undo(component, { run, point }) {
    return {
      script: script('databases', 'undo-postgresql'),
      params: { ...(await shared(component)), point, run, component: component.name },
    };
  },

  async verify(component, record, _finishedAt, { into } = {}) {
    return {
      needsKey: false,
      script: script('databases', 'verify-postgresql'),
      params: {
        ...(await shared(component)),
        ...(into ? { database: into } : {}),
        checks: nulList(record.checks.flatMap(({ name, query }) => [name, query])),
      },
    };
  },

  judge: (component, record, results) => compareAnswers(component.name, record, results),
};

/** What is asked for beyond the whole database in place. Refusals `NotForThisKind`, `BadInput`. */
function wanted(component: PostgresqlComponent, options: RestoreOptions): Record<string, string> {
  const { into, tables, paths, until } = options;
  if (paths || until) {
    throw refusal(
      'NotForThisKind',
      `${component.name} is a dump: it has ${paths ? 'no files' : 'no log after its moment'}.`,
      paths ? 'name tables instead.' : 'keep it with the driver postgresql-pitr to come back to any moment.',
    );
  }
  if (into !== undefined && (!/^[A-Za-z_][A-Za-z0-9_]{0,62}$/.test(into) || into === component.database)) {
    throw refusal(
      'BadInput',
      `${into} cannot name a database beside ${component.database}.`,
      `${component.database}_then`,
    );
  }
  return { ...(into ? { into } : {}), ...(tables ? { tables: lines(tables) } : {}) };
}

/** `archive bytes table...`, the largest first. */
function archivesOf({ archives }: ComponentRecord, details: z.output<typeof postgresqlDetails>): string[] {
  const names = new Map(details.tables.map((each) => [each.archive, each.names]));
  return [...archives]
    .sort((a, b) => b.bytes - a.bytes)
    .map(({ number, bytes }) => [number, bytes, ...(names.get(number) ?? [])].join('\t'));
}

async function shared({ database, port, systemUser }: PostgresqlComponent): Promise<Record<string, string>> {
  return {
    ...(await helpers('archives', ...partFiles)),
    ...(await helpers('databases', 'checks.sh', 'postgresql.sh')),
    database,
    port: String(port),
    'system-user': systemUser,
  };
}

/**
 * Driver `postgresql-pitr`: drives pgBackRest on the database's host. A recovery point refers to a backup in pgBackRest's own
 * repository and has no archives of its own; the log that is archived there leads from it to any later moment.
 */
import { z } from 'zod';
import { refusal } from '../../domain/errors.ts';
import type { PostgresqlPitrComponent } from '../../domain/plan/component.ts';
import type { StorageLocation } from '../../domain/plan/storage.ts';
import type { ComponentDriver, RestoreOptions } from '../archives/driver.ts';
import { helpers, nulList, partFiles, script } from '../archives/job-files.ts';
import { momentOf } from './moment.ts';
import { configOf, describeRepository } from './pgbackrest-config.ts';

const backupSchema = z.object({
  annotation: z.looseObject({}).nullish(),
  archive: z.object({ start: z.string(), stop: z.string() }),
  info: z.object({ size: z.number(), repository: z.object({ delta: z.number() }) }),
  label: z.string(),
  lsn: z.object({ start: z.string(), stop: z.string() }).nullish(),
  prior: z.string().nullish(),
  reference: z.array(z.string()).nullish(),
  type: z.enum(['full', 'diff', 'incr']),
});
const infoSchema = z.object({
  type: z.literal('info'),
  point: z.string(),
  repository: z.string(),
  version: z.string(),
  info: z.array(
    z.object({
      name: z.string(),
      backup: z.array(z.unknown()),
      db: z.array(z.object({ id: z.number(), 'system-id': z.number(), version: z.string() })),
    }),
  ),
});

/** What a restore needs of the point. */
const detailsSchema = z.object({
  stanza: z.string(),
  repository: z.string(),
  label: z.string(),
  type: z.enum(['full', 'diff', 'incr']),
  /** Backups that this one is made of, oldest first; none may be expired while the point is kept. */
  reference: z.array(z.string()),
  /** First and last segment of the log without which the backup is not consistent. */
  wal: z.object({ start: z.string(), stop: z.string() }),
  serverVersion: z.string(),
  size: z.number(),
  /** Places that hold the repository, as the plan said then. */
  copies: z.number().default(1),
});
const answerSchema = z.object({ type: z.literal('check'), name: z.string(), value: z.string() });

export const pgbackrest: ComponentDriver<PostgresqlPitrComponent> = {
  async capture(component, { point, kind, secret, storage }) {
    return {
      script: script('databases', 'capture-pgbackrest'),
      params: {
        ...(await shared(component)),
        point,
        kind: kind === 'incremental' ? 'incr' : 'full',
        verify: component.verify,
        repository: describeRepository(component, storage),
      },
      secrets: { config: await configOf(component, storage, secret) },
    };
  },

  facts({ repository }, results) {
    const found = results.flatMap((line) => infoSchema.safeParse(line).data ?? [])[0];
    const [stanza] = found?.info ?? [];
    const backups = (stanza?.backup ?? []).flatMap((each) => backupSchema.safeParse(each).data ?? []);
    const mine = backups.find(({ annotation }) => annotation?.muster === found?.point);
    if (!found || !stanza || !mine) throw new Error('pgBackRest does not show the backup that it just made');
    return {
      details: detailsSchema.parse({
        stanza: stanza.name,
        repository: found.repository,
        label: mine.label,
        type: mine.type,
        reference: mine.reference ?? [],
        wal: mine.archive,
        serverVersion: stanza.db.at(-1)?.version,
        size: mine.info.size,
        copies: repository.copies ?? 1,
      }),
      bytes: mine.info.size,
      storedBytes: mine.info.repository.delta,
      checks: [],
    };
  },

  async restore(component, record, options) {
    const { label, size, serverVersion } = detailsSchema.parse(record.details);
    const { run, point, secret, storage, into, until } = options;
    refuseOthers(component, options);
    const moment = until === undefined || until === 'latest' ? undefined : momentOf(until);
    if (moment && Date.parse(until as string) < Date.parse(record.takenAt)) {
      throw refusal(
        'TargetTooEarly',
        `${until} is before ${record.takenAt}, when the backup of ${point} was whole.`,
        'restore from an earlier recovery point.',
      );
    }
    return {
      script: script('databases', 'restore-pgbackrest'),
      params: {
        ...(await shared(component)),
        point,
        run,
        label,
        size: String(size),
        server: serverVersion,
        start: component.start,
        stop: component.stop,
        ...(into === undefined ? {} : { into }),
        ...(moment === undefined ? {} : { until: moment }),
        ...(until === 'latest' ? { latest: 'yes' } : {}),
        checks: nulList(component.checks.flatMap(({ name, query }) => [name, query])),
      },
      secrets: { config: await configOf(component, needed(storage), secret) },
    };
  },

  async token(component) {
    return { script: script('databases', 'token-postgresql'), params: await shared(component) };
  },

  async sessions(component, within) {
    const params = { ...(await shared(component)), within: String(Math.ceil(within / 1000)) };
    return { script: script('databases', 'sessions-postgresql'), params };
  },

  async undo(component, { run, point }) {
    const { start, stop } = component;
    return {
      script: script('databases', 'undo-pgbackrest'),
      params: { ...(await shared(component)), point, run, start, stop },
    };
  },

  /** The cluster has moved on from its backup by design, so the answers are told, not compared. */
  async verify(component) {
    return {
      needsKey: false,
      script: script('databases', 'verify-postgresql'),
      params: {
        ...(await shared(component)),
        checks: nulList(component.checks.flatMap(({ name, query }) => [name, query])),
      },
    };
  },

  judge(component, _record, results) {
    const answers = results.flatMap((line) => answerSchema.safeParse(line).data ?? []);
    const said = answers.map(({ name, value }) => {
      return `${component.name}: check ${name} answers ${Buffer.from(value, 'base64').toString('utf8')}`;
    });
    return { compared: answers.length, wrong: [], noted: said };
  },
};

/** Refusal `NotForThisKind`. */
function refuseOthers({ name, dataDirectory }: PostgresqlPitrComponent, { into, tables, paths }: RestoreOptions): void {
  const hint =
    'restore into a folder (`into`), start that cluster on a port of its own and dump from it what you need.';
  if (tables) throw refusal('NotForThisKind', `${name} comes back as a whole cluster, not by table.`, hint);
  if (paths) throw refusal('NotForThisKind', `${name} comes back as a whole cluster, not by path.`, hint);
  if (
    into !== undefined &&
    (!/^(\/[A-Za-z0-9_.@+-]+){2,}$/.test(into) || into.includes('/..') || into === dataDirectory)
  ) {
    throw refusal(
      'BadInput',
      `A cluster cannot be restored into ${into}.`,
      'name a folder of its own: /var/tmp/cluster.',
    );
  }
}

function needed(storage: Readonly<Record<string, StorageLocation>> | undefined) {
  if (storage) return storage;
  throw refusal('PlanInvalid', 'The storage locations of the plan were not given.', 'restore with the plan at hand.');
}

async function shared(component: PostgresqlPitrComponent): Promise<Record<string, string>> {
  const { name, database, port, systemUser, stanza, dataDirectory } = component;
  return {
    ...(await helpers('archives', ...partFiles)),
    ...(await helpers('databases', 'checks.sh', 'postgresql.sh', 'postgresql-server.sh', 'pgbackrest.sh')),
    component: name,
    database,
    port: String(port),
    'system-user': systemUser,
    stanza,
    'data-directory': dataDirectory,
  };
}

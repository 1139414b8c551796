/** MariaDB's log: closed binlogs go to the store, sealed with a key pair for each batch; a restore finds its way through them. */
import { z } from 'zod';
import { chainTo, gapBetween, type LogRecord, type Segment, segmentSchema } from '../../domain/databases/log-record.ts';
import { refusal } from '../../domain/errors.ts';
import type { MariadbComponent } from '../../domain/plan/component.ts';
import { layout } from '../../domain/points/recovery-point.ts';
import { partsByArchive } from '../archives/capture-results.ts';
import type { LogWanted, OpenedLog } from '../archives/driver.ts';
import { lines, script } from '../archives/job-files.ts';
import { answerPuts } from '../archives/put-urls.ts';
import type { StepContext } from '../context.ts';
import { runHostJob } from '../hosts/run-job.ts';
import type { LogDriver, LogPlace, Shipped } from '../logs/driver.ts';
import { copyLogRecords, logRecordsFrom, newestLogRecord, writeLogRecord } from '../logs/log-records.ts';
import { recordKeyUse } from '../points/key-uses.ts';
import { openPointKey } from '../points/point-key.ts';
import { outputOf, type Prepared, preparedSchema } from '../points/prepared.ts';
import { loadPinned } from '../points/signer.ts';
import { loadSiteKeys } from '../points/site-keys.ts';
import type { ObjectStore } from '../storage/store.ts';
import { clientSecrets, shared } from './mariadb-job.ts';

const segmentLine = segmentSchema.omit({ parts: true }).extend({ type: z.literal('segment'), archive: z.string() });

export const mariadbLog: LogDriver<MariadbComponent> = {
  /** Refusals `BinlogsOff`, `LogBroken`, those of stores and hosts. A location that does not answer is caught up the next time. */
  async ship(place, context): Promise<Shipped> {
    const prepared = outputOf(preparedSchema, context.outputs, 'preparePoint');
    const log = layout.log(place.service, place.component.name);
    const [nearest, ...others] = await Promise.all(place.locations.map((name) => context.store(name)));
    const store = nearest as ObjectStore;
    const before = await newestLogRecord(store, log, context);
    const record = before?.batch === prepared.point ? before : await shipBatch(place, prepared, store, before, context);
    for (const other of others) {
      await copyLogRecords(store, other, log, context).catch((error) => {
        context.log('the log was not copied', { location: other.location, error: `${error}` });
      });
    }
    return {
      component: place.component.name,
      archivedTo: record?.archivedTo,
      segments: record && record !== before ? record.segments.length : (before?.segments.length ?? 0),
      storedBytes: (record?.segments ?? []).flatMap(({ parts }) => parts).reduce((sum, { bytes }) => sum + bytes, 0),
      gaps: record?.gaps ?? [],
    };
  },

  async lag({ service, component, locations }, context) {
    const store = await context.store(locations[0] as string);
    return { archivedTo: (await newestLogRecord(store, layout.log(service, component.name), context))?.archivedTo };
  },

  shell: ({ component, host }) => [
    `ssh ${host.ssh.user}@${host.address}`,
    `mariadb -S ${component.socket} -e 'FLUSH BINARY LOGS; SHOW BINARY LOGS'`,
    '# each closed file since the last shipped one: zstd, seal with openssl cms, put with its SHA-256 in a signed record',
  ],
};

async function shipBatch(
  { service, component, host }: LogPlace<MariadbComponent>,
  prepared: Prepared,
  store: ObjectStore,
  before: LogRecord | undefined,
  context: StepContext,
): Promise<LogRecord | undefined> {
  const log = layout.log(service, component.name);
  const previous = before?.segments.at(-1);
  const place = { service: log, point: prepared.point, component: 'binlog', store };
  const { results } = await runHostJob(
    context,
    await context.host(host),
    {
      script: script('databases', 'ship-binlogs'),
      params: { ...(await shared(component)), last: previous?.file ?? '', 'certificate.pem': prepared.certificate },
      secrets: await clientSecrets(component, context.secret),
      lock: `logs-${component.name}`,
    },
    { onLine: answerPuts(place) },
  );
  const parts = partsByArchive(place, results);
  const segments = results.flatMap((line): Segment[] => {
    const { data } = segmentLine.safeParse(line);
    return data ? [segmentSchema.parse({ ...data, parts: parts(data.archive) })] : [];
  });
  const last = segments.at(-1);
  if (!last) return before;
  const all = previous ? [previous, ...segments] : segments;
  const gaps = all.slice(1).flatMap((segment, index) => gapBetween(all[index] as Segment, segment) ?? []);
  const record = {
    format: 1 as const,
    service,
    component: component.name,
    batch: prepared.point,
    run: context.run,
    host: host.name,
    key: prepared.sealedKey,
    segments,
    archivedTo: last.to,
    gaps,
  };
  await writeLogRecord(store, log, record, context);
  return await newestLogRecord(store, log, context);
}

/**
 * The binlogs from a dump's snapshot to a moment, as archives of a restoring job. Refusals `NoLog`, `LogGap` (with what is missing),
 * `TargetTooEarly`, `KeyMissing`.
 */
export async function openBinlogs(
  component: MariadbComponent,
  takenAt: string,
  binlog: { file: string; position: number } | null,
  { service, site, until }: LogWanted,
  stores: readonly ObjectStore[],
  context: StepContext,
): Promise<OpenedLog> {
  if (!component.binlogs || !binlog) {
    throw refusal(
      'NoLog',
      `${component.name} keeps no binlogs, so there is no moment to come back to.`,
      'restore the point itself.',
    );
  }
  const moment = momentOf(until);
  if (moment < takenAt) {
    throw refusal(
      'TargetTooEarly',
      `${until} is before the recovery point was taken (${takenAt}).`,
      'choose a later moment or an earlier recovery point.',
    );
  }
  const log = layout.log(service, component.name);
  const signers = await loadPinned(context.plan, context.planFolder);
  const records = await logRecordsFrom(stores, log, signers);
  const chain = chainTo(records, { ...binlog, takenAt, until: moment });
  if ('missing' in chain) {
    throw refusal(
      'LogGap',
      `The log of ${component.name} does not lead from the recovery point to ${moment}: ${chain.missing}.`,
      'ship the log (`muster logs`), choose an earlier moment, or a recovery point after the gap.',
    );
  }
  const batches = [...new Set(chain.segments.map(({ record }) => record))];
  await recordKeyUse({ purpose: 'restore', points: batches.map(({ batch }) => batch), site }, stores, context);
  const siteKeys = await loadSiteKeys(context.plan, site, context.secret);
  const keys = batches.map(async ({ batch, key }) => {
    const opened = await openPointKey({ point: batch, ...key }, log, stores, signers, siteKeys);
    return [`key.${ownerOf(batch)}`, opened] as const;
  });
  const archives = chain.segments.map(({ record, segment }, number) => ({
    number,
    point: ownerOf(record.batch),
    kind: 'dump' as const,
    parts: segment.parts,
    bytes: segment.bytes,
    entries: 0,
  }));
  return {
    archives,
    params: {
      'log-position': String(binlog.position),
      logs: lines(
        archives.map(({ number, point, bytes }, index) =>
          [`${number}@${point}`, chain.segments[index]?.segment.file, bytes].join(' '),
        ),
      ),
    },
    secrets: Object.fromEntries(await Promise.all(keys)),
  };
}

/** A batch has an id like a point's; in a job the two are kept apart. */
function ownerOf(batch: string): string {
  return `log-${batch}`;
}

/** UTC, whole seconds: of a moment within a second nothing of that second. Refusal `NoTimeZone`. */
export function momentOf(until: string): string {
  if (/(Z|[+-]\d\d:?\d\d)$/i.test(until) && !Number.isNaN(Date.parse(until))) {
    return `${new Date(until).toISOString().slice(0, 19)}Z`;
  }
  throw refusal(
    'NoTimeZone',
    `${until} is no moment with a time zone.`,
    '2026-01-02T03:15:00Z, or with +02:00 at its end.',
  );
}

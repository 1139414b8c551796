/** One look at everything that metrics of a service are counted from: its plan, points, reports, Temporal. Each with a limit of its own. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Client } from '@temporalio/client';
import type { ShownUntil, Standbys } from '../../domain/metrics/of-places.ts';
import type { Certificates } from '../../domain/metrics/of-plan.ts';
import type { PointsRead } from '../../domain/metrics/of-points.ts';
import type { Rooms, TemporalSeen } from '../../domain/metrics/of-reading.ts';
import { type RunFact, runFact } from '../../domain/metrics/of-runs.ts';
import type { ReceiverReach } from '../../domain/notices/reach.ts';
import type { NewestPeriods } from '../../domain/period/scheduled.ts';
import type { Plan } from '../../domain/plan/plan.ts';
import type { SecretRef } from '../../domain/plan/values.ts';
import { copiesNeeded } from '../../domain/points/point-state.ts';
import type { AwsClients } from '../clients/aws.ts';
import { connectHost } from '../hosts/connect.ts';
import { readReach } from '../notices/reach.ts';
import { loadPlan } from '../plans/load-plan.ts';
import { enoughPoints } from '../points/enough-points.ts';
import { findPoints } from '../points/find-points.ts';
import { recipientOf } from '../points/keys.ts';
import { loadPinned } from '../points/signer.ts';
import { newestPeriods } from '../reports/newest-periods.ts';
import { readReports } from '../reports/read-reports.ts';
import { resolveSecret } from '../secrets/resolve.ts';
import { openStore } from '../storage/open-store.ts';
import type { ObjectStore, StoreOptions } from '../storage/store.ts';
import { withLimit } from '../waiting.ts';
import type { SeeCertificates } from './see-certificates.ts';
import { seeStandbys } from './see-standbys.ts';
import { seeTemporal } from './see-temporal.ts';

export interface MetricsDeps {
  readonly plans: { readonly folder: string; readonly overlays: readonly string[] };
  /** Folder of local copies of reports. */
  readonly reports?: string;
  readonly temporal?: Client;
  /** Finds the hosts of standbys that stream; those are not asked without it. */
  readonly aws?: Pick<AwsClients, 'ec2'>;
  readonly certificates?: SeeCertificates;
}

export interface ServiceReading {
  readonly plan: Plan;
  readonly points: PointsRead;
  readonly certificates: Certificates;
  readonly rooms: Rooms;
  readonly standbys: Standbys;
  /** Certificates that servers showed. */
  readonly shown: ShownUntil;
  /** Undefined where no location answered. */
  readonly receivers?: readonly ReceiverReach[] | undefined;
  /** Reports of a month and of a quarter. */
  readonly periods: NewestPeriods;
  /** Undefined where the server did not answer; absent altogether without a connection to it. */
  readonly temporal?: TemporalSeen | undefined;
  /** Reports that were not known before. */
  readonly runs: readonly RunFact[];
  /** Some storage location answered. */
  readonly heard: boolean;
  /** Every place of points and reports answered. */
  readonly complete: boolean;
}

/** A location that stands still costs seconds: it is asked again at the next reading. */
const storeOptions: StoreOptions = { requestTimeout: 5_000, maxAttempts: 2 };
/** ms; years of reports may be read at the first time. */
const reportsLimit = 300_000;
const roomLimit = 5_000;

/** @throws PlanInvalid and others where the plan or the pinned signers cannot be read: then nothing can be believed */
export async function readService(
  service: string,
  deps: MetricsDeps,
  known: { has(run: string): boolean },
): Promise<ServiceReading> {
  const { folder, overlays } = deps.plans;
  const { plan } = await loadPlan(folder, service, { overlays: [...overlays] });
  const signers = await loadPinned(plan, folder);
  const secret = (ref: SecretRef) => resolveSecret(ref, folder);
  const { stores, closed } = await openAll(plan, secret);
  try {
    const copies = copiesNeeded(plan);
    const [found, reports, rooms, periods, certificates, temporal, standbys, shown, receivers] = await Promise.all([
      enoughPoints(plan, (options) => findPoints(stores, service, signers, { ...options, copies })),
      readReports(
        service,
        { from: 0, to: Number.POSITIVE_INFINITY },
        { stores, folder: deps.reports, limit: reportsLimit, known },
      ),
      roomsOf(stores),
      plan.reports ? newestPeriods(stores, service) : {},
      certificatesOf(plan, folder),
      deps.temporal ? seeTemporal(deps.temporal, plan) : undefined,
      standbysOf(plan, deps, secret),
      deps.certificates?.(plan) ?? {},
      readReach(
        service,
        plan.notices.map(({ name }) => name),
        stores,
      ),
    ]);
    const unreachable = [...closed.map((location) => ({ location })), ...found.unreachable];
    const silent = [...unreachable, ...reports.unread.filter(({ run }) => run === undefined)];
    return {
      plan,
      points: { ...found, unreachable },
      certificates,
      rooms,
      standbys,
      shown,
      receivers,
      periods,
      ...(deps.temporal ? { temporal } : {}),
      runs: reports.reports.map(runFact),
      heard: stores.some(({ location }) => !found.unreachable.some((each) => each.location === location)),
      complete: silent.length === 0,
    };
  } finally {
    for (const store of stores) store.close?.();
  }
}

/** One that cannot be opened here (a secret is missing) counts as one that does not answer. */
async function openAll(
  plan: Plan,
  secret: (ref: SecretRef) => Promise<string>,
): Promise<{ stores: ObjectStore[]; closed: string[] }> {
  const names = Object.keys(plan.storage);
  const opened = await Promise.allSettled(names.map((name) => openStore(plan, name, secret, storeOptions)));
  return {
    stores: opened.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : [])),
    closed: names.filter((_, index) => opened[index]?.status === 'rejected'),
  };
}

async function standbysOf(
  plan: Plan,
  { aws }: MetricsDeps,
  secret: (ref: SecretRef) => Promise<string>,
): Promise<Standbys> {
  if (!aws) return {};
  return await seeStandbys(plan, { ec2: (region) => aws.ec2(region), host: (host) => connectHost(host, secret) });
}

/** Of those that know. */
async function roomsOf(stores: readonly ObjectStore[]): Promise<Rooms> {
  const asked = stores.map(async (store) => {
    const room = await withLimit(roomLimit, undefined, async () => await store.room?.()).catch(() => undefined);
    return room ? [[store.location, room] as const] : [];
  });
  return Object.fromEntries((await Promise.all(asked)).flat());
}

async function certificatesOf(plan: Plan, folder: string): Promise<Certificates> {
  const files = [
    ...Object.entries(plan.sites).map(([name, { certificate }]) => [name, certificate.file] as const),
    ['offline', plan.offline.certificate.file] as const,
  ];
  const ends = files.map(async ([name, file]) => {
    const pem = await readFile(resolve(folder, file)).catch(() => undefined);
    return [name, pem && endOf(name, file, pem)] as const;
  });
  return Object.fromEntries(await Promise.all(ends));
}

function endOf(name: string, file: string, pem: Buffer): number | undefined {
  try {
    return recipientOf(name, file, pem).until.getTime();
  } catch {
    return undefined;
  }
}

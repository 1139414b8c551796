/** What objectives are counted from, read where it lies: reports of the windows, recovery points and their marks, outages that observers saw. */
import type { Evidence } from '../../domain/objectives/evidence.ts';
import { type Asked, wantedReports, watchedFrom } from '../../domain/objectives/objectives.ts';
import { vantagesOf } from '../../domain/observers/vantages.ts';
import type { Plan } from '../../domain/plan/plan.ts';
import { copiesNeeded } from '../../domain/points/point-state.ts';
import { seeVantages } from '../health/see-vantages.ts';
import { type FoundPoints, findPoints } from '../points/find-points.ts';
import type { PinnedSigners } from '../points/signer.ts';
import { type ReportsRead, readReports } from '../reports/read-reports.ts';
import type { ObjectStore } from '../storage/store.ts';

export interface EvidenceSources {
  readonly stores: readonly ObjectStore[];
  /** Folder of local copies of reports. */
  readonly folder?: string | undefined;
  readonly signers: PinnedSigners;
  /** ms a place may take for all of it; default 60 s: a month has thousands of small objects. */
  readonly limit?: number;
}

export interface EvidenceRead {
  readonly evidence: Evidence;
  readonly unread: ReportsRead['unread'];
  readonly unreachable: FoundPoints['unreachable'];
  readonly refused: FoundPoints['refused'];
}

/** More than any plan keeps. */
const mostPoints = 5_000;

/** Never rejects for a place that is down: it is named, and what only it has is not known. */
export async function readEvidence(plan: Plan, asked: Asked, sources: EvidenceSources): Promise<EvidenceRead> {
  const { stores, folder, signers, limit = 60_000 } = sources;
  const seen = {
    publicUrl: plan.health.publicUrl,
    from: new Date(watchedFrom(plan, asked)).toISOString(),
    count: false,
  };
  const [watched, found, ...read] = await Promise.all([
    seeVantages(vantagesOf(plan), seen),
    findPoints(stores, plan.service, signers, { limit, newest: mostPoints, copies: copiesNeeded(plan) }),
    ...wantedReports(plan, asked).map(({ procedures, span }) =>
      readReports(plan.service, span, { stores, folder, limit, procedures }),
    ),
  ]);
  const unread = read.flatMap((each) => each.unread);
  const lostRuns = [...new Set(unread.flatMap(({ run }) => run ?? []))];
  // A folder that is empty here says nothing of what lies elsewhere.
  const answered = (each: ReportsRead) =>
    stores.some(({ location }) => !each.unread.some(({ place, run }) => place === location && run === undefined));
  return {
    evidence: {
      reports: read.flatMap(({ reports }) => reports),
      lostRuns,
      points: found.points,
      reportsKnown: read.every(answered),
      pointsKnown: stores.length > found.unreachable.length,
      watched,
    },
    unread,
    unreachable: found.unreachable,
    refused: found.refused,
  };
}

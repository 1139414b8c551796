/** What the newest look at readiness found, as a worker left it in the storage locations: for the overview, in passing. */

import { loadPinned } from '../../activities/points/signer.ts';
import { newestResult } from '../../activities/readiness/keep-result.ts';
import { resolveSecret } from '../../activities/secrets/resolve.ts';
import { openStore } from '../../activities/storage/open-store.ts';
import { formatDuration } from '../../domain/duration.ts';
import type { Plan } from '../../domain/plan/plan.ts';
import type { ReadinessResult } from '../../domain/readiness/result.ts';
import { wantedLooks } from '../../domain/readiness/wanted-looks.ts';

export interface ReadinessSeen {
  readonly score: number;
  readonly ready: boolean;
  readonly to: string;
  /** ISO, and how long ago, ms. */
  readonly at: string;
  readonly age: number;
  /** It is of longer ago than two looks are apart, or of another plan. */
  readonly outdated?: string;
  readonly first?: ReadinessResult['first'];
}

/** ms in all: storage that is down must not hold the overview up. */
const patience = 3_000;
const day = 86_400_000;

/** Undefined where the plan has no looks of its own; null where none was ever left, or none can be read from here. */
export async function readinessSeen(
  { plan, sha256 }: { plan: Plan; sha256: string },
  planFolder: string,
): Promise<ReadinessSeen | null | undefined> {
  const [wanted] = wantedLooks(plan);
  if (!wanted) return undefined;
  const places = Object.keys(plan.storage).map((location) => ({
    location,
    open: () => openStore(plan, location, (ref) => resolveSecret(ref, planFolder), { maxAttempts: 1 }),
  }));
  const result = await newestResult(plan.service, places, await loadPinned(plan, planFolder), patience);
  if (!result) return null;
  const { score, ready, to, at, first } = result;
  const age = Math.max(0, Date.now() - Date.parse(at));
  const apart = wanted.times.every?.every ?? day;
  const outdated =
    age > 2 * apart ? 'looks are overdue' : result.plan === sha256 ? undefined : 'the plan was changed since';
  return { score, ready, to, at, age, ...(outdated ? { outdated } : {}), ...(first ? { first } : {}) };
}

/** Lines of the overview. */
export function readinessSeenLines(service: string, seen: ReadinessSeen | null | undefined): string[] {
  if (seen === undefined) return [];
  if (seen === null) return [`  ready    not known: no look was left that can be read: muster readiness ${service}`];
  const { score, to, age, outdated, first } = seen;
  const head = `  ready    ${to}: ${score} of 100, ${formatDuration(age)} ago${outdated ? `, ${outdated.toUpperCase()}` : ''}`;
  return [head, ...(first ? [`  ready    first ${first.id}: ${first.mend ?? first.what}`] : [])];
}

/** What stands behind a report: the marks of its recovery point. */

import type { Plan } from '../../domain/plan/plan.ts';
import { madeBy } from '../../domain/report/build.ts';
import { type ProofRow, proofRows } from '../../domain/report/proof.ts';
import { readMarks } from '../points/marks.ts';
import { loadPinned } from '../points/signer.ts';
import type { ObjectStore } from '../storage/store.ts';
import { withLimit } from '../waiting.ts';
import type { ReportCall } from './write-report.ts';

/** ms that a location has; a mark is small, and a report waits for none. */
const patience = 4_000;

/** Undefined where the run neither restored nor made a point. @throws Error when no location answers */
export async function provenBy(
  plan: Plan,
  planFolder: string,
  { status, outputs }: ReportCall,
  store: (location: string) => Promise<ObjectStore>,
): Promise<ProofRow[] | undefined> {
  const id = status.point?.id ?? madeBy(outputs);
  if (id === undefined) return undefined;
  const signers = await loadPinned(plan, planFolder);
  const read = await Promise.allSettled(
    Object.keys(plan.storage).map((location) =>
      withLimit(patience, undefined, async () => await readMarks(await store(location), plan.service, id, signers)),
    ),
  );
  const answered = read.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  if (answered.length === 0) throw new Error(`no location gave the marks of ${id}`);
  return proofRows(answered.flat(), status.point?.sha256);
}

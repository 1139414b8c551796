/** What stands behind a recovery point, for the report of the run that restored or made it: its marks, in the order of their times. Pure. */
import { z } from 'zod';
import { type Mark, markSchema } from '../points/recovery-point.ts';

export const proofRowSchema = markSchema
  .pick({ state: true, at: true, run: true, locations: true, damaged: true, depth: true, by: true })
  .extend({ how: z.string() });
export type ProofRow = z.infer<typeof proofRowSchema>;

/** The newest of many; the words of a mark are cut. */
const mostRows = 20;
const mostWords = 400;

/** @param marks  of one point, each signed by a pinned signer; @param sha256  of its manifest: marks of another one under the same id are left out */
export function proofRows(marks: readonly Mark[], sha256: string | undefined): ProofRow[] {
  const distinct = [...new Map(marks.map((mark) => [JSON.stringify(mark), mark])).values()];
  return distinct
    .filter(({ manifest }) => sha256 === undefined || manifest === sha256)
    .toSorted((a, b) => a.at.localeCompare(b.at))
    .slice(-mostRows)
    .map(({ state, at, run, locations, damaged, depth, by, how }) => ({
      ...{ state, at, run, locations, how: how.slice(0, mostWords) },
      ...(damaged?.length ? { damaged } : {}),
      ...(depth ? { depth } : {}),
      ...(by ? { by } : {}),
    }));
}

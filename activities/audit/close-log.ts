/** Gives the log of a run that cannot write any more its end: who closed it and why, chained and signed like every other entry. */
import type { AuditDraft, AuditEntry } from '../../domain/audit/audit.ts';
import type { AuditPlace } from '../../domain/audit/check.ts';
import { refusal } from '../../domain/errors.ts';
import { type AuditDeps, writeAudit } from './write-audit.ts';

export interface CloseRequest {
  readonly service: string;
  readonly run: string;
  readonly by: string;
  readonly reason: string;
  /** What Temporal says of the run, in words. */
  readonly says: string;
  readonly now: Date;
}

/**
 * @param places  the log as it was read at every location
 * @returns how many entries it has now, and where those that were added are; undefined where it has an end already
 * @throws NoSuchLog; LogNotWhole when its last entry is not the same wherever it lies, or may not be the last; Error when no location takes it
 */
export async function closeLog(
  request: CloseRequest,
  places: readonly AuditPlace[],
  deps: AuditDeps,
): Promise<{ entries: number; written: readonly string[] } | undefined> {
  const { service, run, by, reason, says, now } = request;
  const { entry, sha256 } = lastOf(service, run, places);
  if (entry.entries !== undefined) return undefined;
  const at = now.toISOString();
  const entries = entry.n + 2;
  const drafts: AuditDraft[] = [
    { n: entry.n + 1, at, kind: 'decision', text: `log closed: ${reason}`, by },
    { n: entries, at, kind: 'end', text: `closed by ${by}, for the run wrote no end (${says})`, entries },
  ];
  const { procedure } = entry;
  const call = { service, run, procedure, entries: drafts, previous: sha256, leaveOut: [], owed: [] };
  const { written } = await writeAudit(call, deps);
  return { entries, written };
}

function lastOf(service: string, run: string, places: readonly AuditPlace[]): { entry: AuditEntry; sha256: string } {
  const copies = places.flatMap(({ copies: all }) => all.filter((copy) => copy.run === run));
  if (copies.length === 0)
    throw refusal('NoSuchLog', `No location has a log of run ${run}.`, `muster audit ${service} shows those that are.`);
  const n = Math.max(...copies.map((copy) => copy.n ?? 0));
  const last = copies.filter((copy) => copy.n === n);
  const { entry, sha256 } = last[0] ?? {};
  if (entry && sha256 && last.every((copy) => copy.sha256 === sha256)) return { entry, sha256 };
  throw refusal(
    'LogNotWhole',
    `Entry ${n} of ${run} is not the same good entry wherever it lies, so nothing is put after it.`,
    `muster audit verify ${service} --mend, then close it.`,
  );
}

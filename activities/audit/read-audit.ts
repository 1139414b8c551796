/** Reads the audit log of a service at every location: each entry as it lies there, judged by its signature and its name. */
import { type AuditEntry, auditEntrySchema, auditTime, parseAuditName } from '../../domain/audit/audit.ts';
import type { AuditCopy, AuditPlace } from '../../domain/audit/check.ts';
import { Refusal } from '../../domain/errors.ts';
import { layout } from '../../domain/points/recovery-point.ts';
import { mapLimited } from '../points/map-limited.ts';
import { type PinnedSigners, sha256Of } from '../points/signer.ts';
import type { ObjectStore } from '../storage/store.ts';
import { entryLimit, textOf } from './write-audit.ts';

export interface AuditRead {
  readonly places: readonly AuditPlace[];
  readonly unreachable: readonly { readonly location: string; readonly why: string }[];
}

/** @param wanted  only this run */
export async function readAudit(
  stores: readonly ObjectStore[],
  service: string,
  signers: PinnedSigners,
  wanted?: string,
): Promise<AuditRead> {
  const read = await Promise.all(
    stores.map(async (store) => {
      try {
        return { place: await readPlace(store, service, signers, wanted) };
      } catch (error) {
        return { away: { location: store.location, why: error instanceof Error ? error.message : String(error) } };
      }
    }),
  );
  return {
    places: read.flatMap(({ place }) => (place ? [place] : [])),
    unreachable: read.flatMap(({ away }) => (away ? [away] : [])),
  };
}

async function readPlace(
  store: ObjectStore,
  service: string,
  signers: PinnedSigners,
  wanted?: string,
): Promise<AuditPlace> {
  const folder = layout.audit(service);
  const keys: string[] = [];
  for await (const { key } of store.list(folder)) {
    const named = parseAuditName(key.slice(folder.length));
    if (wanted === undefined || named?.run === wanted) keys.push(key);
  }
  const reported: string[] = [];
  if (wanted === undefined) for await (const run of store.folders(layout.allReports(service))) reported.push(run);
  const copies = await mapLimited(keys, 16, (key) => readCopy(store, key, service, signers));
  return { location: store.location, copies, reported };
}

async function readCopy(store: ObjectStore, key: string, service: string, signers: PinnedSigners): Promise<AuditCopy> {
  return (await entryAt(store, key, service, signers)).copy;
}

/** One object as it lies there: `entry` is set where a pinned signer signed it and it is what its name says. */
export async function entryAt(
  store: ObjectStore,
  key: string,
  service: string,
  signers: PinnedSigners,
): Promise<{ copy: AuditCopy; bytes?: Buffer }> {
  const named = parseAuditName(key.slice(layout.audit(service).length));
  if (!named) return { copy: { key, wrong: 'its name is not one of an entry' } };
  const { run, n, time } = named;
  const bad = (wrong: string) => ({ copy: { key, run, n, wrong } });
  let bytes: Buffer;
  try {
    bytes = (await store.get(key, entryLimit)).body;
  } catch (error) {
    if (error instanceof Refusal && error.type === 'ObjectNotFound') return bad('it has gone since it was listed');
    if (error instanceof Refusal && error.type === 'ObjectTooLarge') return bad('it is larger than any entry');
    throw error;
  }
  const text = textOf(bytes);
  const entry = text === undefined ? undefined : parsed(text);
  if (text === undefined || !entry) return bad('it is no entry any more');
  const { signature } = JSON.parse(bytes.toString()) as { signature?: string };
  if (!signature || !signers.signedBy(Buffer.from(text), Buffer.from(signature, 'base64')))
    return bad('no pinned signer signed it as it is now');
  if (entry.service !== service || entry.run !== run || entry.n !== n || auditTime(entry.at) !== time)
    return bad(`it is entry ${entry.n} of run ${entry.run}, under another name`);
  return { copy: { key, run, n, entry, sha256: sha256Of(text) }, bytes };
}

function parsed(text: string): AuditEntry | undefined {
  try {
    return auditEntrySchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

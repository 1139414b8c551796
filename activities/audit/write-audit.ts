/** Activity `writeAudit`: chains, signs and writes entries of the audit log, side by side at every location that answers. */
import { type AuditAnswer, type AuditCall, type AuditEntry, auditTime } from '../../domain/audit/audit.ts';
import { Refusal } from '../../domain/errors.ts';
import type { Plan } from '../../domain/plan/plan.ts';
import { layout } from '../../domain/points/recovery-point.ts';
import { mapLimited } from '../points/map-limited.ts';
import { type Signer, sha256Of } from '../points/signer.ts';
import type { ObjectStore } from '../storage/store.ts';
import { withLimit } from '../waiting.ts';

export interface AuditDeps {
  readonly plan: Pick<Plan, 'storage'>;
  readonly signer: Signer;
  store(location: string): Promise<ObjectStore>;
  /** ms that a location has for all of it; default 4 s. A location in a lost region hangs rather than refuses. */
  readonly limit?: number;
}

interface Written {
  readonly key: string;
  readonly text: string;
  readonly bytes: Buffer;
}

/** Safe to repeat: the same call makes the same bytes under the same keys. @throws Error when no location took the entries */
export async function writeAudit(call: AuditCall, deps: AuditDeps): Promise<AuditAnswer> {
  const entries = chained(call, deps.signer);
  const locations = Object.keys(deps.plan.storage).filter((name) => !call.leaveOut.includes(name));
  const caughtUp: string[] = [];
  const results = await Promise.allSettled(
    locations.map((location) =>
      withLimit(deps.limit ?? 4_000, undefined, async () => {
        const store = await deps.store(location);
        await mapLimited(entries, 8, (entry) => putOnce(store, entry, deps.plan));
        const owed = call.owed.find((each) => each.location === location);
        if (owed && (await bring(store, owed.entries, call, deps))) caughtUp.push(location);
      }),
    ),
  );
  const missed = results.flatMap((result, index) =>
    result.status === 'rejected' ? [{ location: locations[index] ?? '', why: messageOf(result.reason) }] : [],
  );
  const written = locations.filter((location) => !missed.some((each) => each.location === location));
  if (written.length === 0 && entries.length > 0) {
    const why = missed.map((each) => `${each.location}: ${each.why}`).join('; ');
    throw new Error(`no storage location takes the audit log (${why || 'none was asked'})`);
  }
  return { last: entries.at(-1) ? sha256Of(entries.at(-1)?.text ?? '') : call.previous, written, missed, caughtUp };
}

/** Each names the text before it, so that none can be taken out or changed without all that follow. */
function chained({ service, run, procedure, entries, previous }: AuditCall, signer: Signer): Written[] {
  let before = previous;
  return entries.map((draft) => {
    const entry: AuditEntry = { format: 1, service, run, procedure, ...draft, previous: before };
    const text = JSON.stringify(entry);
    before = sha256Of(text);
    const signature = signer.sign(Buffer.from(text)).toString('base64');
    const key = layout.auditEntry(service, auditTime(draft.at), run, draft.n);
    return { key, text, bytes: Buffer.from(`${JSON.stringify({ entry: text, signature })}\n`) };
  });
}

/** Never over another: who finds the key taken looks whether it is this same entry. */
export async function putOnce(
  store: ObjectStore,
  { key, text, bytes }: Written,
  plan: AuditDeps['plan'],
): Promise<void> {
  let put: { outcome?: string; versionId?: string } = await store.putIfAbsent(key, bytes);
  if (put.outcome === 'exists') {
    const there = await textAt(store, key);
    if (there === text) return;
    if (there !== undefined) throw new Error(`something else lies at ${key} already`);
    // Deleted, and its versions kept: some stores count the marker as an object. Nothing that can be read is replaced.
    put = await store.put(key, bytes);
  }
  const lock = plan.storage[store.location]?.lock;
  if (lock) await store.retainUntil?.(key, put.versionId, new Date(Date.now() + lock.for));
}

/** Empty for what is no entry; undefined where nothing can be read there. */
async function textAt(store: ObjectStore, key: string): Promise<string | undefined> {
  try {
    return textOf((await store.get(key, entryLimit)).body) ?? '';
  } catch (error) {
    if (error instanceof Refusal && error.type === 'ObjectNotFound') return undefined;
    throw error;
  }
}

/** An approval with the signature of a long RSA key is some kB. */
export const entryLimit = 256 * 1024;

/** Copies what a location missed from one that has it, byte for byte. False where not all of it could be found. */
async function bring(
  to: ObjectStore,
  owed: AuditCall['owed'][number]['entries'],
  { service, run }: AuditCall,
  deps: AuditDeps,
): Promise<boolean> {
  const others = Object.keys(deps.plan.storage).filter((name) => name !== to.location);
  const brought = await mapLimited(owed, 8, async ({ n, at }) => {
    const key = layout.auditEntry(service, auditTime(at), run, n);
    if (await to.head(key)) return true;
    for (const other of others) {
      const body = await deps
        .store(other)
        .then((store) => store.get(key, entryLimit))
        .catch(() => undefined);
      if (!body) continue;
      await putOnce(to, { key, text: textOf(body.body) ?? '', bytes: body.body }, deps.plan);
      return true;
    }
    return false;
  });
  return brought.every(Boolean);
}

/** The text that was signed; undefined for what is no entry. */
export function textOf(bytes: Buffer): string | undefined {
  try {
    const { entry } = JSON.parse(bytes.toString()) as { entry?: unknown };
    return typeof entry === 'string' ? entry : undefined;
  } catch {
    return undefined;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? (error.message.split(' Try: ')[0] ?? '') : String(error);
}

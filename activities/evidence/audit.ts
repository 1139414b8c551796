/** The audit log of all runs that have an entry in a period, from their first entry on, and the approvals in it whose signatures fit. */
import { type AuditEntry, auditEntrySchema, auditTime, parseAuditName } from '../../domain/audit/audit.ts';
import type { Period } from '../../domain/period/period.ts';
import { layout } from '../../domain/points/recovery-point.ts';
import { acceptRiskSchema, approvalSchema } from '../../domain/run/run.ts';
import { signedBytes } from '../approvals/signed-bytes.ts';
import { armoured, verifyApproval } from '../approvals/verify-approval.ts';
import { entryLimit } from '../audit/write-audit.ts';
import { mapLimited } from '../points/map-limited.ts';
import type { PinnedSigners } from '../points/signer.ts';
import type { ObjectStore } from '../storage/store.ts';
import type { Part } from './part.ts';
import { splitSigned } from './split-signed.ts';

interface Sources {
  readonly service: string;
  readonly period: Period;
  readonly signers: PinnedSigners;
  readonly stores: readonly ObjectStore[];
  /** Runs that are not wanted. */
  readonly except: ReadonlySet<string>;
  /** Runs that have ended, so that the log of each has an end. */
  readonly ended: ReadonlySet<string>;
}

/** @param allowed  the plan's allowed signers; without them no approval can be verified */
export async function auditFiles(sources: Sources, allowed: string | undefined): Promise<Part> {
  const { service, stores, signers } = sources;
  const files: Record<string, Buffer> = {};
  const leftOut: string[] = [];
  const folder = layout.audit(service);
  for (const store of stores) {
    try {
      const keys = keysOf(await listed(store, folder), folder, sources);
      await mapLimited(keys, 16, async (key) => {
        const name = `audit/${key.slice(folder.length)}`;
        if (files[name]) return;
        try {
          const split = splitSigned((await store.get(key, entryLimit)).body, 'entry', signers);
          if (split) Object.assign(files, { [name]: split.text, [`${name}.sig`]: split.signature });
          else leftOut.push(`${name} at ${store.location}: no pinned signer signed it as it is`);
        } catch (error) {
          leftOut.push(`${name} at ${store.location}: ${messageOf(error)}`);
        }
      });
    } catch (error) {
      leftOut.push(`audit log at ${store.location}: ${messageOf(error)}`);
    }
  }
  leftOut.push(...withoutEnd(files, sources.ended));
  if (allowed !== undefined) Object.assign(files, await approvalsIn(files, allowed));
  return { files, leftOut };
}

/** Each entry names the one before it, so only the loss of the last ones leaves no gap. */
function withoutEnd(files: Readonly<Record<string, Buffer>>, ended: ReadonlySet<string>): string[] {
  const complete = new Map<string, boolean>();
  for (const [name, text] of Object.entries(files)) {
    const run = parseAuditName(name.slice('audit/'.length))?.run;
    if (!run || !ended.has(run)) continue;
    const isEnd = auditEntrySchema.safeParse(JSON.parse(text.toString())).data?.kind === 'end';
    complete.set(run, isEnd || (complete.get(run) ?? false));
  }
  return [...complete].flatMap(([run, whole]) =>
    whole ? [] : [`audit log of ${run}: the run has ended and no entry says so, so what came last is missing`],
  );
}

async function listed(store: ObjectStore, folder: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(folder)) keys.push(key);
  return keys;
}

/** Names begin with the time: whole runs, of which at least one entry lies in the period. */
function keysOf(keys: readonly string[], folder: string, { period, except }: Sources): string[] {
  const [begins, ends] = [period.from, period.to].map((ms) => auditTime(new Date(ms).toISOString())) as [
    string,
    string,
  ];
  const named = keys.flatMap((key) => {
    const parsed = parseAuditName(key.slice(folder.length));
    return parsed ? [{ key, ...parsed }] : [];
  });
  const runs = new Set(named.filter(({ time }) => time >= begins && time < ends).map(({ run }) => run));
  return named.filter(({ run }) => runs.has(run) && !except.has(run)).map(({ key }) => key);
}

/** One that does not fit is not evidence of an approval; its entry and the decision after it are there all the same. */
async function approvalsIn(files: Readonly<Record<string, Buffer>>, allowed: string): Promise<Record<string, Buffer>> {
  const found: Record<string, Buffer> = {};
  const entries = Object.entries(files).filter(([name]) => name.endsWith('.json'));
  await mapLimited(entries, 4, async ([name, text]) => {
    const entry = auditEntrySchema.safeParse(JSON.parse(text.toString())).data;
    const decision = entry && decisionOf(entry);
    if (!entry || !decision?.signature) return;
    const verdict = await verifyApproval({ decision, signers: allowed, at: entry.at });
    if (verdict.state !== 'good') return;
    const base = `approvals/${name.slice('audit/'.length, -'.json'.length)}`;
    Object.assign(found, {
      [`${base}.bytes`]: signedBytes(decision),
      [`${base}.sig`]: Buffer.from(armoured(decision.signature)),
      [`${base}.who`]: Buffer.from(`${decision.by.trim()}\n`),
      [`${base}.at`]: Buffer.from(`${entry.at.replaceAll(/[-:T]|\.\d+/g, '')}\n`),
    });
  });
  return found;
}

function decisionOf({ approval }: AuditEntry) {
  if (approval === undefined) return undefined;
  return (approval.risk === undefined ? approvalSchema : acceptRiskSchema).safeParse(approval).data;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

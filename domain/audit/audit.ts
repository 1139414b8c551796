/** The audit log: who asked, who decided, and every change that a run began and ended. One signed object an entry, never rewritten. */
import { z } from 'zod';
import { procedures } from '../playbook/procedures.ts';

/** `approval` is one as it was sent; what became of it is the `decision` after it. `unwritten`: the log itself had a gap at a location. */
export const auditKinds = [
  'asked',
  'risk',
  'fact',
  'approval',
  'decision',
  'note',
  'operation',
  'undo',
  'unwritten',
  'end',
] as const;

/** What a run says; the activity that writes it adds the rest. */
const draftSchema = z.object({
  /** From 1, without gaps, within its run. */
  n: z.number().int().positive(),
  /** By the server's clock. */
  at: z.iso.datetime(),
  kind: z.enum(auditKinds),
  text: z.string(),
  by: z.string().optional(),
  /** Of an operation: what it did to what, which try of an operator it was, and how far it was. */
  step: z.string().optional(),
  generation: z.number().int().positive().optional(),
  state: z.enum(['begins', 'done', 'failed', 'cancelled']).optional(),
  /** An approval with its signature, so that it can be verified again. */
  approval: z.record(z.string(), z.unknown()).optional(),
  /** Of the last entry of a run: how many there are, itself included. */
  entries: z.number().int().positive().optional(),
});
export type AuditDraft = z.infer<typeof draftSchema>;

export const auditEntrySchema = draftSchema.extend({
  format: z.literal(1),
  service: z.string(),
  run: z.string(),
  procedure: z.enum(procedures),
  /** SHA-256 of the text of the entry before, hex; null in the first of a run. */
  previous: z.string().nullable(),
});
export type AuditEntry = z.infer<typeof auditEntrySchema>;

/** An entry of which a location is known to lack a copy. */
export type OwedEntry = Pick<AuditDraft, 'n' | 'at'>;

/** The log of a run that goes on with another plan, as far as it is. */
export const auditLeftSchema = z.object({
  said: z.number(),
  previous: z.string().nullable(),
  reads: z.array(z.string()),
  pending: z.array(draftSchema),
  owed: z.array(z.tuple([z.string(), z.array(draftSchema.pick({ n: true, at: true }))])),
});
export type AuditLeft = z.infer<typeof auditLeftSchema>;

export interface AuditCall {
  readonly service: string;
  readonly run: string;
  readonly procedure: AuditEntry['procedure'];
  readonly entries: readonly AuditDraft[];
  /** Of the entry before the first of these. */
  readonly previous: string | null;
  /** Locations that did not answer a moment ago. */
  readonly leaveOut: readonly string[];
  /** What locations that are asked again lack of earlier entries. */
  readonly owed: readonly { readonly location: string; readonly entries: readonly OwedEntry[] }[];
}

export interface AuditAnswer {
  /** SHA-256 of the last entry's text, hex. */
  readonly last: string | null;
  /** Locations that have all of these entries now. */
  readonly written: readonly string[];
  readonly missed: readonly { readonly location: string; readonly why: string }[];
  /** Locations that have what they were owed. */
  readonly caughtUp: readonly string[];
}

const keyShape = /^(\d{8}T\d{9}Z)-(.+)-(\d{5,})\.json$/;

/** `audit/20261122T031500123Z-failover-1-00007.json` -> time, run and number; undefined for what is no entry's name. */
export function parseAuditName(name: string): { time: string; run: string; n: number } | undefined {
  const [, time, run, n] = keyShape.exec(name) ?? [];
  return time && run && n ? { time, run, n: Number(n) } : undefined;
}

/** `2026-11-22T03:15:00.123Z` -> `20261122T031500123Z` */
export function auditTime(at: string): string {
  return at.replaceAll(/[-:.]/g, '');
}

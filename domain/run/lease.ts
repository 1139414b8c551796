/**
 * The lease of a service: one small object at a storage location that says which run may change the service from there.
 *
 * Its generation is the fencing token: it rises with every new holder, every mutating attempt reads it first, and an attempt of a
 * holder before finds another generation and changes nothing (docs/decisions/0013-the-lease-is-an-object-beside-the-points.md).
 */
import { z } from 'zod';

export const leaseSchema = z.object({
  format: z.literal(1),
  service: z.string(),
  /** Rises by one with every new holder. */
  generation: z.number().int().positive(),
  /** Muster's run id, or what a person or the break-glass script calls itself. */
  run: z.string().min(1),
  procedure: z.string(),
  /** Who asked for the run, for people. */
  holder: z.string(),
  /** ISO, by the store's clock. */
  since: z.iso.datetime(),
  /** ISO, by the store's clock: from then on another run may take it without anybody's word. */
  until: z.iso.datetime(),
  /** The service is served again and only watched: backups need not stand aside any longer. */
  settled: z.boolean().default(false),
  /** ISO; given back, so that anybody may take it. */
  released: z.iso.datetime().optional(),
  /** Why it was taken away from the holder before, by a person. */
  takenOver: z.object({ from: z.string(), by: z.string(), reason: z.string() }).optional(),
});
export type Lease = z.infer<typeof leaseSchema>;

/** What a run carries to its steps: the generation that it holds at a location. */
export const holdSchema = z.object({
  location: z.string(),
  generation: z.number().int().positive(),
  /** False where a location that does not answer holds nothing up: the one beside the target is always needed. */
  needed: z.boolean(),
});
export type Hold = z.infer<typeof holdSchema>;

export type TakeVerdict =
  /** Free: to be written with this generation. */
  | { readonly state: 'free'; readonly generation: number }
  /** This run holds it already, as after an attempt that died before it could say so. */
  | { readonly state: 'ours'; readonly generation: number }
  | { readonly state: 'held'; readonly by: Lease };

/** @param now  ms, by the store's clock: a worker's own may be wrong by an hour */
export function judgeTake(present: Lease | undefined, run: string, now: number): TakeVerdict {
  if (!present) return { state: 'free', generation: 1 };
  if (present.run === run && !present.released) return { state: 'ours', generation: present.generation };
  if (isOver(present, now)) return { state: 'free', generation: present.generation + 1 };
  return { state: 'held', by: present };
}

/** Given back, or its time is up. */
export function isOver(lease: Lease, now: number): boolean {
  return lease.released !== undefined || Date.parse(lease.until) <= now;
}

/** Whether a holder of this generation may still change anything. Time does not matter: until somebody takes it, it is ours. */
export function stillHeld(present: Lease | undefined, run: string, generation: number): boolean {
  return (
    present !== undefined && present.run === run && present.generation === generation && present.released === undefined
  );
}

/** `run failover-2026… (failover, for dana) until 2026-…` */
export function describeHolder({ run, procedure, holder, until }: Lease): string {
  return `run ${run} (${procedure}, for ${holder}) until ${until}`;
}

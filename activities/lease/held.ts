/** The fencing token at work: a mutating attempt reads the lease before it acts, and goes on looking while it works. */
import { stillHeld } from '../../domain/run/lease.ts';
import type { StepCall } from '../../domain/run/protocol.ts';
import { passing } from '../aws/errors.ts';
import type { ObjectStore } from '../storage/store.ts';
import { withLimit } from '../waiting.ts';
import { readLease } from './lease-object.ts';
import { lost } from './take.ts';

type Held = Pick<StepCall, 'run' | 'service' | 'leases'>;

/** ms between looks while an attempt works, and that one look may take. */
const lookEvery = 3_000;
const lookLimit = 4_000;

/**
 * Reads every lease that the run holds.
 *
 * @throws LeaseLost when another holder is there, by which nothing was changed; `LeaseSilent` (passing) when the needed location does
 *   not answer: who cannot be asked may have given it to somebody else
 */
export async function assertHeld(
  { run, service, leases = [] }: Held,
  store: (location: string) => Promise<ObjectStore>,
  signal: AbortSignal,
): Promise<void> {
  await Promise.all(
    leases.map(async ({ location, generation, needed }) => {
      const seen = await withLimit(lookLimit, signal, async () => readLease(await store(location), service)).catch(
        (error: unknown) => {
          signal.throwIfAborted();
          if (!needed) return undefined;
          throw passing(
            'LeaseSilent',
            `The lease of ${service} at ${location} could not be read (${error instanceof Error ? error.message : error}).`,
            'wait: it is tried again. Nothing is changed without it.',
            error,
          );
        },
      );
      if (seen && !stillHeld(seen.lease, run, generation)) throw lost(location, service, seen.lease);
    }),
  );
}

/** Looks again every few seconds; `onLost` is told once. What cannot be read says nothing here. Returns how to stop. */
export function watchLeases(
  held: Held,
  store: (location: string) => Promise<ObjectStore>,
  signal: AbortSignal,
  onLost: (error: Error) => void,
): () => void {
  if (!held.leases || held.leases.length === 0) return () => {};
  const timer = setInterval(() => {
    assertHeld(held, store, signal).catch((error: Error & { type?: string }) => {
      if (error.type !== 'LeaseLost') return;
      clearInterval(timer);
      onLost(error);
    });
  }, lookEvery);
  timer.unref();
  return () => clearInterval(timer);
}

/** Nothing that deletes goes on beside another run of the service: it may be reading what is about to go, or refer to it. */
import { refusal } from '../../domain/errors.ts';
import type { StepContext } from '../context.ts';

/** ms; no backup gets from its start to its commit within it. */
const trustFor = 1_000;

export class StoodAside extends Error {
  constructor(because: readonly string[]) {
    super(`${because.join(' and ')} goes on`);
  }
}

/** Out: a check that is cheap enough to ask before every deletion. It throws `StoodAside`. */
export function standingAside(context: StepContext): () => Promise<void> {
  let asked = Number.NEGATIVE_INFINITY;
  let asking: Promise<void> | undefined;
  async function ask(): Promise<void> {
    const started = performance.now();
    const others = await context.otherRuns();
    if (others.length > 0) throw new StoodAside(others);
    asked = started;
  }
  return async () => {
    if (performance.now() - asked < trustFor) return;
    asking ??= ask().finally(() => {
      asking = undefined;
    });
    await asking;
  };
}

/** For what a person waits for: @throws ServiceBusy */
export async function refuseBesideOthers(context: StepContext): Promise<void> {
  const others = await context.otherRuns();
  if (others.length === 0) return;
  throw refusal('ServiceBusy', `${others.join(' and ')} goes on.`, 'wait for it to end; nothing was deleted.');
}

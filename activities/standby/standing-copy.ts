/** Whether a component need not be restored, because its warm copy is of just this point and nobody touched it. */

import { type WarmMark, warmStateOf } from '../../domain/databases/warm-copy.ts';
import type { Host } from '../../domain/host.ts';
import type { StepContext } from '../context.ts';
import { waitFor } from '../waiting.ts';
import { lookAtWarm } from './warm-copy.ts';

/** ms that a sync, which a recovery's lease ends within seconds, may still hold the component's lock. */
const yielding = 30_000;

interface Wanted {
  readonly component: { readonly name: string };
  readonly host: Host;
}

/** Undefined where it is to be restored, also where that cannot be found out. Reads only. */
export async function standingCopy(
  { component, host }: Wanted,
  point: { id: string; sha256: string },
  context: StepContext,
): Promise<WarmMark | undefined> {
  try {
    const seen = await lookAtWarm(await context.host(host), component.name, context.signal);
    return warmStateOf(seen, point) === 'same' ? seen.mark : undefined;
  } catch (error) {
    context.signal.throwIfAborted();
    context.log(`the warm copy of ${component.name} cannot be looked at, so it is restored: ${error}`);
    return undefined;
  }
}

/** Tries again while the job of a sync that is being ended has the component's lock. @throws HostLocked after that time */
export async function afterSync<Result>(context: StepContext, work: () => Promise<Result>): Promise<Result> {
  let locked: unknown;
  const done = await waitFor({ within: yielding, signal: context.signal }, async () => {
    try {
      return { result: await work() };
    } catch (error) {
      if ((error as { type?: string }).type !== 'HostLocked') throw error;
      locked = error;
      return undefined;
    }
  });
  if (!done) throw locked;
  return done.result;
}

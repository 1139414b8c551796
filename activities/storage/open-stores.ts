/** Several locations for one restore: one that cannot be opened does not stand in the way of the others. */
import type { StepContext } from '../context.ts';
import type { ObjectStore } from './store.ts';

/** In the order asked for. Throws what the first one said when none opens. */
export async function openStores(
  names: readonly string[],
  context: Pick<StepContext, 'store' | 'log'>,
): Promise<ObjectStore[]> {
  const opened = await Promise.allSettled(names.map((name) => context.store(name)));
  const stores = opened.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const failures = opened.flatMap((each) => (each.status === 'rejected' ? [each.reason as Error] : []));
  if (stores.length === 0 && failures[0]) throw failures[0];
  for (const { message } of failures)
    context.log('a storage location is left out, it cannot be opened', { why: message });
  return stores;
}

/** An injected fault: one part of a component is served with other bytes, from every location, so that no good copy mends it. */
import { layout } from '../../domain/points/recovery-point.ts';
import type { StepContext } from '../context.ts';

/** What a host job fetches for the first part that is asked for is the manifest, whose hash is another. Nothing is written anywhere. */
export function withDamagedPart(context: StepContext, service: string, point: string): StepContext {
  const other = layout.manifest(service, point);
  let damaged: string | undefined;
  return {
    ...context,
    async store(location) {
      const store = await context.store(location);
      return {
        ...store,
        presignGet(key, validity) {
          if (key.includes('/archives/')) damaged ??= key;
          return store.presignGet(key === damaged ? other : key, validity);
        },
      };
    },
  };
}

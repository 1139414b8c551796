/** A reading context that opens each storage location once, and lets go of all of them at the end: a worker looks for years. */
import type { Plan } from '../../domain/plan/plan.ts';
import type { AwsClients } from '../clients/aws.ts';
import type { StepContext } from '../context.ts';
import { failoverScript } from '../runbook/failover-script.ts';
import { readingContext } from '../runtime/reading-context.ts';
import type { ObjectStore } from '../storage/store.ts';

export function lookContext(
  plan: Plan,
  planFolder: string,
  signal: AbortSignal,
  aws: AwsClients,
): { context: StepContext; close(): Promise<void> } {
  const { context: reading, close } = readingContext(plan, planFolder, signal, aws);
  const opened = new Map<string, Promise<ObjectStore>>();
  const store = (location: string) => {
    const made = opened.get(location) ?? reading.store(location);
    opened.set(location, made);
    return made;
  };
  const now = new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
  const context: StepContext = {
    ...reading,
    run: `readiness-${now}`,
    store,
    failoverScript: (move, within) => failoverScript(move, context, within),
  };
  return {
    context,
    async close() {
      await close();
      for (const each of await Promise.allSettled(opened.values()))
        if (each.status === 'fulfilled') each.value.close?.();
    },
  };
}

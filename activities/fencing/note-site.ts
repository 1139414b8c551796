/** What a site was before it is fenced, so that it can be put back. */
import { z } from 'zod';
import type { FenceSiteInput } from '../../domain/fencing/fencing.ts';
import { isUnreachable } from '../aws/errors.ts';
import { isRunning } from '../compute/service.ts';
import type { StepContext } from '../context.ts';
import { isConnectionFault } from '../hosts/faults.ts';
import { LimitPassed, withLimit } from '../waiting.ts';
import { askDatabase, databasesOn } from './database.ts';
import { hostsNow, mayAnswer, type SeenHost, serviceOn } from './hosts.ts';
import { groupsOf } from './network.ts';

export const notedSchema = z.object({
  /** Instance ids that ran. */
  running: z.array(z.string()),
  /** Addresses of hosts on which the service ran. */
  serving: z.array(z.string()),
  /** Addresses of hosts that answered, but not whether the service ran. */
  unsure: z.array(z.string()).default([]),
  /** `component address` to its setting; null where its host answered and the database did not. */
  databases: z.record(z.string(), z.string().nullable()),
  /** Instance id to its security groups, where the method `network` may change them. */
  groups: z.record(z.string(), z.array(z.string())).default({}),
});
export type Noted = z.infer<typeof notedSchema>;

/** A site that does not answer has nothing to put back. What cannot be said is noted as such: it must not keep the fence away. */
export async function noteSite(input: FenceSiteInput, context: StepContext): Promise<Noted> {
  const hosts = await orElse<SeenHost[]>(context, [], () => hostsNow(input, context));
  const on = hosts.filter(mayAnswer);
  const [groups, serving, databases] = await Promise.all([
    orElse(context, {}, () => groupsOf(input, hosts, context)),
    Promise.all(servingHosts(input, on).map(async (host) => ({ host, runs: await runs(host, input, context) }))),
    Promise.all(
      databasesOn(input, on).map(({ database, host }) =>
        orElse<[string, string | null][]>(context, [], async () => [
          [
            `${database.component} ${host.address}`,
            await orNull(context, () => askDatabase('state', database, host, input, context)),
          ],
        ]),
      ),
    ),
  ]);
  const addresses = (wanted: boolean | null) =>
    serving.flatMap(({ host, runs }) => (runs === wanted ? [host.address] : []));
  return {
    running: on.flatMap(({ instance, state }) => (instance && state !== 'stopping' ? [instance] : [])),
    serving: addresses(true),
    unsure: addresses(null),
    databases: Object.fromEntries(databases.flat()),
    groups,
  };
}

export function servingHosts({ control }: FenceSiteInput, hosts: readonly SeenHost[]): SeenHost[] {
  return hosts.filter(({ group }) => group === control.host);
}

/** Null where the host answers and does not say it. */
async function runs(host: SeenHost, input: FenceSiteInput, context: StepContext): Promise<boolean | null> {
  const ask = () =>
    withLimit(input.requestLimit * 2, context.signal, () => isRunning(serviceOn(host, input, 1), context));
  return await orElse<boolean | null>(context, false, () => orNull(context, ask));
}

/** For a site that does not answer. */
async function orElse<Value>(context: StepContext, otherwise: Value, work: () => Promise<Value>): Promise<Value> {
  try {
    return await work();
  } catch (error) {
    context.signal.throwIfAborted();
    if (isSilence(error)) return otherwise;
    throw error;
  }
}

/** For what answers with a complaint. */
async function orNull<Value>(context: StepContext, work: () => Promise<Value>): Promise<Value | null> {
  try {
    return await work();
  } catch (error) {
    context.signal.throwIfAborted();
    if (isSilence(error)) throw error;
    context.log(`not noted: ${error instanceof Error ? error.message : String(error)}`);
    return null;
  }
}

function isSilence(error: unknown): boolean {
  return error instanceof LimitPassed || isConnectionFault(error) || isUnreachable(error);
}

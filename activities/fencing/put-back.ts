/** What a site was before it was fenced, and putting that back: instances, databases, then the service. */
import { z } from 'zod';
import { refusal } from '../../domain/errors.ts';
import type { FenceSiteInput } from '../../domain/fencing.ts';
import { isUnreachable } from '../aws/errors.ts';
import { powerOn } from '../compute/power.ts';
import { bringTo, isRunning } from '../compute/service.ts';
import type { StepContext } from '../context.ts';
import { isConnectionFault } from '../hosts/faults.ts';
import { LimitPassed, waitFor, withLimit } from '../waiting.ts';
import { askDatabase, databasesOn } from './database.ts';
import { hostsNow, mayAnswer, type SeenHost, serviceOn } from './hosts.ts';
import { groupsOf, setGroups } from './network.ts';

const notedSchema = z.object({
  /** Instance ids that ran. */
  running: z.array(z.string()),
  /** Addresses of hosts on which the service ran. */
  serving: z.array(z.string()),
  /** `component address` to its setting. */
  databases: z.record(z.string(), z.string()),
  /** Instance id to its security groups, where the method `network` may change them. */
  groups: z.record(z.string(), z.array(z.string())).default({}),
});
type Noted = z.infer<typeof notedSchema>;

/** A site that does not answer has nothing to put back; what answers and cannot be noted is a passing fault. */
export async function noteSite(input: FenceSiteInput, context: StepContext): Promise<Noted> {
  const hosts = await orElse<SeenHost[]>(context, [], () => hostsNow(input, context));
  const on = hosts.filter(mayAnswer);
  const [groups, serving, databases] = await Promise.all([
    orElse(context, {}, () => groupsOf(input, hosts, context)),
    Promise.all(servingHosts(input, on).map((host) => orElse(context, false, () => runs(host, input, context)))),
    Promise.all(
      databasesOn(input, on).map(({ database, host }) =>
        orElse<[string, string][]>(context, [], async () => [
          [`${database.component} ${host.address}`, await askDatabase('state', database, host, input, context)],
        ]),
      ),
    ),
  ]);
  return {
    running: on.flatMap(({ instance, state }) => (instance && state !== 'stopping' ? [instance] : [])),
    serving: servingHosts(input, on).flatMap(({ address }, index) => (serving[index] ? [address] : [])),
    databases: Object.fromEntries(databases.flat()),
    groups,
  };
}

/** @throws what the site does not let be put back, so that people know of it */
export async function putSiteBack(input: FenceSiteInput, before: unknown, context: StepContext): Promise<void> {
  const noted = notedSchema.parse(before);
  const { region } = input;
  await setGroups(noted.groups, input, context);
  await Promise.all(
    noted.running.map((instance) => powerOn({ region, instance, name: input.site }, input.within, context)),
  );
  if (noted.serving.length === 0 && Object.keys(noted.databases).length === 0) return;
  const hosts = await hostsNow(input, context);
  for (const { database, host } of databasesOn(input, hosts)) {
    const setting = noted.databases[`${database.component} ${host.address}`];
    if (setting === undefined) continue;
    await reached(host, input, context);
    context.assertCurrent();
    if ((await askDatabase('state', database, host, input, context)) !== setting)
      await askDatabase('open', database, host, input, context, setting);
  }
  for (const host of servingHosts(input, hosts).filter(({ address }) => noted.serving.includes(address))) {
    await reached(host, input, context);
    await bringTo('running', serviceOn(host, input, 60_000), context);
  }
}

/** A host that was just powered up takes a while to answer. */
async function reached(host: SeenHost, input: FenceSiteInput, context: StepContext): Promise<void> {
  let why = '';
  const answers = await waitFor(
    { within: input.within, signal: context.signal, onLook: () => context.heartbeat({ text: `${host.name}: ${why}` }) },
    async () => {
      try {
        const { code } = await (await context.host(host)).exec('true', { signal: context.signal });
        return code === 0 ? true : undefined;
      } catch (error) {
        context.signal.throwIfAborted();
        why = (error as Error).message;
        return undefined;
      }
    },
  );
  if (!answers)
    throw refusal('HostUnreachable', `${host.name} does not answer: ${why}.`, 'look at it, and put it back by hand.');
}

function servingHosts({ control }: FenceSiteInput, hosts: readonly SeenHost[]): SeenHost[] {
  return hosts.filter(({ group }) => group === control.host);
}

async function runs(host: SeenHost, input: FenceSiteInput, context: StepContext): Promise<boolean> {
  const limit = input.requestLimit * 2;
  return await withLimit(limit, context.signal, () => isRunning(serviceOn(host, input, 1), context));
}

async function orElse<Value>(context: StepContext, otherwise: Value, work: () => Promise<Value>): Promise<Value> {
  try {
    return await work();
  } catch (error) {
    context.signal.throwIfAborted();
    if (error instanceof LimitPassed || isConnectionFault(error) || isUnreachable(error)) return otherwise;
    throw error;
  }
}

/** The ways to keep a site from taking writes. Each does its work or says why not; none fails for what the site does. */
import type { FenceSiteInput, FenceTry } from '../../domain/fencing/fencing.ts';
import type { FencingMethod } from '../../domain/plan/fencing.ts';
import { isUnreachable } from '../aws/errors.ts';
import { fenceByPower } from '../compute/fence-instance.ts';
import { bringTo } from '../compute/service.ts';
import type { StepContext } from '../context.ts';
import { isConnectionFault } from '../hosts/faults.ts';
import { LimitPassed, withLimit } from '../waiting.ts';
import { askDatabase, databasesOn } from './database.ts';
import { hostsNow, mayAnswer, type SeenHost, serviceOn } from './hosts.ts';
import { isolate } from './network.ts';

type Answer = Omit<FenceTry, 'method'>;

export async function fenceBy(method: FencingMethod, input: FenceSiteInput, context: StepContext): Promise<FenceTry> {
  try {
    return { method, ...(await methods[method](input, context)) };
  } catch (error) {
    context.signal.throwIfAborted();
    if (['Superseded', 'LeaseLost'].includes((error as { type?: string }).type ?? '')) throw error;
    const why = error instanceof Error ? error.message : String(error);
    const gone = error instanceof LimitPassed || isConnectionFault(error) || isUnreachable(error);
    return { method, outcome: gone ? 'unreachable' : 'refused', why };
  }
}

const methods: Record<FencingMethod, (input: FenceSiteInput, context: StepContext) => Promise<Answer>> = {
  instances: stopInstances,
  service: stopServices,
  database: closeDatabases,
  network: isolate,
};

async function stopInstances(input: FenceSiteInput, context: StepContext): Promise<Answer> {
  const { region, within, requestLimit } = input;
  const groups = Object.entries(input.groups);
  const unmanaged = groups.filter(([, selector]) => !('tags' in selector)).map(([group]) => group);
  if (unmanaged.length > 0) return { outcome: 'refused', why: `${unmanaged.join(', ')}: no EC2 instances` };
  const answers = await Promise.all(
    groups.map(async ([name, selector]) => {
      const tags = 'tags' in selector ? selector.tags : {};
      return { name, ...(await fenceByPower({ region, name, tags, within, requestLimit }, context)) };
    }),
  );
  const open = answers.filter(({ outcome }) => outcome !== 'fenced');
  const outcome =
    open.length === 0 ? 'fenced' : (open.find(({ outcome }) => outcome === 'refused') ?? open[0])?.outcome;
  return {
    outcome: outcome ?? 'refused',
    why: (open.length > 0 ? open : answers).map(({ name, why }) => `${name}: ${why}`).join('; '),
  };
}

async function stopServices(input: FenceSiteInput, context: StepContext): Promise<Answer> {
  const { control, requestLimit } = input;
  const hosts = await hostsThatMay(input, context, (host) => host.group === control.host);
  if (hosts.length === 0) return { outcome: 'fenced', why: `no host of ${control.host} is on` };
  const done = await Promise.all(
    hosts.map(async (host) => {
      const connected = await withLimit(requestLimit * 2, context.signal, () => context.host(host));
      await withLimit(requestLimit * 2, context.signal, (signal) => connected.exec('true', { signal }));
      return await bringTo('stopped', serviceOn(host, input, 60_000), context);
    }),
  );
  return {
    outcome: 'fenced',
    why: done.includes('done') ? 'the service was stopped' : 'the service was stopped already',
  };
}

async function closeDatabases(input: FenceSiteInput, context: StepContext): Promise<Answer> {
  const { notClosable } = input;
  if (notClosable.length > 0) {
    const why = notClosable.map((each) => `${each.component} (${each.why})`).join(', ');
    return { outcome: 'refused', why: `not all of its databases can be closed: ${why}` };
  }
  if (input.databases.length === 0) return { outcome: 'refused', why: 'the plan has no database that can be closed' };
  const all = databasesOn(input, await hostsThatMay(input, context));
  if (all.length === 0) return { outcome: 'fenced', why: 'no host of its databases is on' };
  for (const { database, host } of all) {
    context.assertCurrent();
    await askDatabase('close', database, host, input, context);
  }
  return {
    outcome: 'fenced',
    why: `${all.map(({ database }) => database.database).join(', ')} takes reads only${untilWhen(all)}`,
  };
}

/** `SET GLOBAL` goes with the server's process; ALTER SYSTEM of PostgreSQL stays. */
function untilWhen(all: ReturnType<typeof databasesOn>): string {
  const names = [
    ...new Set(all.flatMap(({ database: { driver, component } }) => (driver === 'mariadb' ? [component] : []))),
  ];
  if (names.length === 0) return '';
  return ` (${names.join(', ')} only until its server is restarted; the methods service and instances last)`;
}

/** Hosts of a site that do not answer EC2 are not known to be off. */
async function hostsThatMay(
  input: FenceSiteInput,
  context: StepContext,
  wanted: (host: SeenHost) => boolean = () => true,
): Promise<SeenHost[]> {
  return (await hostsNow(input, context)).filter((host) => wanted(host) && mayAnswer(host));
}

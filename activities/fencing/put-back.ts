/** Putting a fenced site back to what was noted: instances, databases, then the service. */
import { refusal } from '../../domain/errors.ts';
import type { FenceSiteInput } from '../../domain/fencing/fencing.ts';
import { powerOn } from '../compute/power.ts';
import { bringTo, isRunning } from '../compute/service.ts';
import type { StepContext } from '../context.ts';
import { waitFor } from '../waiting.ts';
import { askDatabase, databasesOn } from './database.ts';
import { hostsNow, type SeenHost, serviceOn } from './hosts.ts';
import { setGroups } from './network.ts';
import { type Noted, notedSchema, servingHosts } from './note-site.ts';

/** @throws what the site does not let be put back, so that people know of it; NotPutBack for what had not been known before */
export async function putSiteBack(input: FenceSiteInput, before: unknown, context: StepContext): Promise<void> {
  const noted = notedSchema.parse(before);
  const { region } = input;
  await setGroups(noted.groups, input, context);
  await Promise.all(
    noted.running.map((instance) => powerOn({ region, instance, name: input.site }, input.within, context)),
  );
  if (noted.serving.length + noted.unsure.length === 0 && Object.keys(noted.databases).length === 0) return;
  const hosts = await hostsNow(input, context);
  const left: string[] = [];
  for (const { database, host } of databasesOn(input, hosts)) {
    const setting = noted.databases[`${database.component} ${host.address}`];
    if (setting === undefined) continue;
    await reached(host, input, context);
    context.assertCurrent();
    const now = await askDatabase('state', database, host, input, context);
    if (setting === null) {
      if (closedNow(now)) left.push(`${database.component} on ${host.name} takes reads only`);
    } else if (now !== setting) await askDatabase('open', database, host, input, context, setting);
  }
  await serveAgain(input, noted, hosts, left, context);
}

async function serveAgain(
  input: FenceSiteInput,
  { serving, unsure }: Noted,
  hosts: readonly SeenHost[],
  left: string[],
  context: StepContext,
): Promise<void> {
  for (const host of servingHosts(input, hosts)) {
    const known = serving.includes(host.address);
    if (!known && !unsure.includes(host.address)) continue;
    await reached(host, input, context);
    if (known) await bringTo('running', serviceOn(host, input, 60_000), context);
    else if (!(await isRunning(serviceOn(host, input, 1), context)))
      left.push(`${input.service} is stopped on ${host.name}`);
  }
  if (left.length === 0) return;
  throw refusal(
    'NotPutBack',
    `${left.join('; ')}, and how that was before the fence could not be found out.`,
    `put it right on the hosts of ${input.site} by hand, if it was not so before.`,
  );
}

/** `on` of PostgreSQL, `1` of MariaDB. */
function closedNow(setting: string): boolean {
  return setting === 'on' || setting === '1';
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

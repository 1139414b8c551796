/** The guard of everything that takes a site out of service: another one serves, or this run brings it up. */
import type { z } from 'zod';
import { refusal } from '../../domain/errors.ts';
import type { otherSiteSchema } from '../../domain/fencing/fencing.ts';
import type { StepContext } from '../context.ts';
import { probe } from '../health/probe.ts';
import { hostsNow, mayAnswer, type SeenHost } from './hosts.ts';

type OtherSite = z.output<typeof otherSiteSchema>;

/** @throws AllSitesOff unless one host of the other site is healthy, asked by its own address */
export async function assertOtherServes(
  site: string,
  other: OtherSite | undefined,
  context: StepContext,
): Promise<void> {
  if (!other) return;
  const why = await whySilent(other, context);
  if (why === '') return;
  throw refusal(
    'AllSitesOff',
    `${site} is not taken out of service while ${other.site} does not serve (${why}): users would be left without any site.`,
    `bring ${other.site} up first (muster failover), or mend what is wrong there.`,
  );
}

/** Empty when one of its hosts is healthy. What cannot be asked does not serve. */
async function whySilent(other: OtherSite, context: StepContext): Promise<string> {
  try {
    const looks = await looksAt(other, await hostsNow(other, context), context);
    if (looks.some(({ healthy }) => healthy)) return '';
    return (
      looks.map(({ url, why }) => `${url}: ${why}`).join('; ') || `none of its hosts of ${other.control.host} is on`
    );
  } catch (error) {
    context.signal.throwIfAborted();
    return error instanceof Error ? error.message : String(error);
  }
}

/** Whether a site serves, asked by the address of its own hosts. */
export async function healthyHost(site: OtherSite, hosts: readonly SeenHost[], context: StepContext): Promise<boolean> {
  return (await looksAt(site, hosts, context)).some(({ healthy }) => healthy);
}

async function looksAt({ control, url, expect }: OtherSite, hosts: readonly SeenHost[], context: StepContext) {
  const asked = hosts.filter((host) => host.group === control.host && mayAnswer(host));
  return await Promise.all(
    asked.map(async ({ address }) => {
      const at = url.replaceAll('{host}', address);
      return { url: at, ...(await probe({ url: at, expect, timeout: 5_000 }, context.signal)) };
    }),
  );
}

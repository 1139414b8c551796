/** The guard of everything that takes a site out of service: another one serves, or this run brings it up. */
import type { z } from 'zod';
import { refusal } from '../../domain/errors.ts';
import type { otherSiteSchema } from '../../domain/fencing.ts';
import type { StepContext } from '../context.ts';
import { probe } from '../health/probe.ts';
import { hostsNow, mayAnswer } from './hosts.ts';

/** @throws AllSitesOff unless one host of the other site is healthy, asked by its own address */
export async function assertOtherServes(
  site: string,
  other: z.output<typeof otherSiteSchema> | undefined,
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
async function whySilent(other: z.output<typeof otherSiteSchema>, context: StepContext): Promise<string> {
  try {
    const hosts = (await hostsNow(other, context)).filter(({ group }) => group === other.control.host);
    const urls = hosts.filter(mayAnswer).map(({ address }) => other.url.replaceAll('{host}', address));
    if (urls.length === 0) return `none of its hosts of ${other.control.host} is on`;
    const looks = urls.map((url) => probe({ url, expect: other.expect, timeout: 5_000 }, context.signal));
    const answers = await Promise.all(looks);
    if (answers.some(({ healthy }) => healthy)) return '';
    return answers.map((each, index) => `${urls[index]}: ${each.why}`).join('; ');
  } catch (error) {
    context.signal.throwIfAborted();
    return error instanceof Error ? error.message : String(error);
  }
}

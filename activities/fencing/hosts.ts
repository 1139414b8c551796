/** The hosts of a site as they are when a step runs: the region may have come back since the assessment. */
import type { FenceSiteInput, SiteInput } from '../../domain/fencing/fencing.ts';
import type { Host } from '../../domain/host.ts';
import { findInstances } from '../compute/instances.ts';
import type { ServiceInput } from '../compute/service.ts';
import type { StepContext } from '../context.ts';
import { withLimit } from '../waiting.ts';

export interface SeenHost extends Host {
  /** EC2's state; `unknown` where the plan names the address. */
  readonly state: string;
}

/** Raw AWS errors, and `LimitPassed` where EC2 of the region says nothing. */
export async function hostsNow(input: SiteInput, context: Pick<StepContext, 'ec2' | 'signal'>): Promise<SeenHost[]> {
  const { site, region, ssh, requestLimit: limit } = input;
  const base = (group: string) => ({ name: group, group, site, region, ssh });
  const groups = Object.entries(input.groups).map(async ([group, selector]): Promise<SeenHost[]> => {
    if ('addresses' in selector)
      return selector.addresses.map((address) => ({ ...base(group), address, state: 'unknown' }));
    const found = await withLimit(limit, context.signal, async (signal) =>
      findInstances(await context.ec2(region), selector.tags, { signal, limit }),
    );
    return found.map(({ id, state, address = '' }) => ({ ...base(group), instance: id, address, state }));
  });
  return (await Promise.all(groups)).flat();
}

/** Those that may be asked something. */
export function mayAnswer({ state, address }: SeenHost): boolean {
  return address !== '' && ['running', 'pending', 'stopping', 'unknown'].includes(state);
}

/** What starts, stops and asks for the service on a host. */
export function serviceOn(
  host: SeenHost,
  { control, service }: Pick<FenceSiteInput, 'control' | 'service'>,
  within: number,
): ServiceInput {
  const { start, stop, state } = control;
  return { host, service, start, stop, state, within };
}

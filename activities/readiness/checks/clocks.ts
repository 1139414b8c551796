/** Whether the clocks agree: this machine's, those of the storage locations, and those of the hosts that run. */
import { formatDuration } from '../../../domain/duration.ts';
import { type Lacking, lack } from '../../../domain/readiness/readiness.ts';
import { hostFacts } from '../../hosts/host-facts.ts';
import { withLimit } from '../../waiting.ts';
import type { Look, ReadinessCheck } from '../check.ts';
import { storeAhead } from '../store-clock.ts';

const mend = (where: string) => `set up time synchronisation on ${where} (chrony)`;
/** ms for one clock. */
const patience = 6_000;

interface Clock {
  readonly id: string;
  readonly name: string;
  /** ms ahead of this machine. */
  ahead(signal: AbortSignal): Promise<number>;
}

export const clocks: ReadinessCheck = {
  id: 'clocks',
  title: 'Clocks of this machine, the storage locations and the hosts',
  mend: () => mend('this machine'),
  async ask(look, signal) {
    const asked = await Promise.all(
      clocksOf(look).map(async (clock) => {
        const ahead = await withLimit(patience, signal, (both) => clock.ahead(both)).catch((error: Error) => error);
        return { clock, ahead };
      }),
    );
    const lacking = asked.flatMap(({ clock, ahead }) => lackingOf(clock, ahead, look.settings.clock));
    const seen = asked.map(({ clock, ahead }) =>
      ahead instanceof Error ? `${clock.name}: not known` : `${clock.name}: ${formatDuration(Math.abs(ahead))} apart`,
    );
    return { lacking, seen: seen.join('; ') };
  },
};

function lackingOf({ id, name }: Clock, ahead: number | Error, allowed: number): Lacking[] {
  if (ahead instanceof Error)
    return [lack('unknown', id, `the clock of ${name} is not known: ${ahead.message}`, mend(name))];
  if (Math.abs(ahead) <= allowed) return [];
  const apart = `${formatDuration(Math.abs(ahead))} ${ahead > 0 ? 'ahead of' : 'behind'} this machine's`;
  return [lack('late', id, `the clock of ${name} is ${apart}`, mend(name))];
}

/** A host that is off has no clock to ask. */
function clocksOf({ context, assessment, to }: Look): Clock[] {
  const stores = Object.keys(context.plan.storage).map((name) => ({
    id: `clock-${name}`,
    name: `storage location ${name}`,
    ahead: async (signal: AbortSignal) => await storeAhead(await context.store(name), signal),
  }));
  const on = (assessment?.hosts ?? []).filter(({ site, address }) => site === to && assessment?.on?.includes(address));
  const hosts = on.map((host) => ({
    id: `clock-${host.name}`,
    name: `${host.name} at ${host.site}`,
    ahead: async (signal: AbortSignal) => (await hostFacts(await context.host(host), [], { signal })).clockAhead,
  }));
  return [...stores, ...hosts];
}

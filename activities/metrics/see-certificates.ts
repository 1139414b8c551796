/** Until when the certificates are good that servers show: a handshake now and then, remembered in between. */
import type { ShownUntil } from '../../domain/metrics/of-places.ts';
import type { Plan } from '../../domain/plan/plan.ts';
import { shownCertificate } from '../readiness/shown-certificate.ts';
import { type NamedPlace, tlsPlaces } from '../readiness/tls-places.ts';
import type { TemporalPlace } from '../temporal/settings.ts';
import { withLimit } from '../waiting.ts';

/** ms until a server is asked again: what was renewed is to be seen, and nobody is to be asked every minute. */
const again = 15 * 60_000;
/** ms for one server, and for the names of all. */
const limit = 6_000;

/** Never rejects. A server that does not answer keeps what it showed last. */
export type SeeCertificates = (plan: Plan) => Promise<ShownUntil>;

interface Shown {
  /** ms: end of the certificate, and when it was asked for. */
  readonly until: number;
  readonly at: number;
}

/** For as long as a worker lives. @param now  ms */
export function watchCertificates(temporalPlace: TemporalPlace | undefined, now: () => number): SeeCertificates {
  const kept = new Map<string, ReadonlyMap<string, Shown>>();
  return async (plan) => {
    const known = kept.get(plan.service) ?? new Map<string, Shown>();
    const places = await withLimit(limit, undefined, () => tlsPlaces(plan, temporalPlace)).catch(() => undefined);
    if (!places) return untilOf(known);
    const asked = places.map(async (place) => {
      const before = known.get(place.name);
      const fresh = before && now() - before.at < again;
      const shown = fresh ? before : ((await ask(place, now)) ?? before);
      return shown ? [[place.name, shown] as const] : [];
    });
    const shown = new Map((await Promise.all(asked)).flat());
    kept.set(plan.service, shown);
    return untilOf(shown);
  };
}

async function ask({ at }: NamedPlace, now: () => number): Promise<Shown | undefined> {
  try {
    const { until } = await withLimit(limit, undefined, (signal) => shownCertificate(at, signal));
    return { until: until.getTime(), at: now() };
  } catch {
    return undefined;
  }
}

function untilOf(shown: ReadonlyMap<string, Shown>): ShownUntil {
  return Object.fromEntries([...shown].map(([name, { until }]) => [name, until]));
}

/** Which servers of a plan show a certificate: the service under its own name, the observer, Temporal. */
import type { Plan } from '../../domain/plan/plan.ts';
import type { TemporalPlace } from '../temporal/settings.ts';
import { addressesOf, makeResolver } from '../traffic/resolver.ts';
import type { TlsPlace } from './shown-certificate.ts';

export interface NamedPlace {
  readonly id: 'tls-service' | 'tls-observer' | 'tls-temporal';
  /** For people. */
  readonly name: string;
  readonly at: TlsPlace;
}

/** Those that are reached over TLS. @throws what DNS says where the zone of the service does not answer */
export async function tlsPlaces(
  { health, observer, traffic }: Plan,
  temporalPlace: TemporalPlace | undefined,
): Promise<NamedPlace[]> {
  const service = new URL(health.publicUrl);
  const found: NamedPlace[] = [];
  if (service.protocol === 'https:') {
    // Users are led by the zone, and so is this look.
    const { resolver } = traffic;
    const [address] = resolver ? await addressesOf(makeResolver(resolver), service.hostname) : [];
    const at = { ...placeOf(service), ...(address ? { address } : {}) };
    found.push({ id: 'tls-service', name: service.host, at });
  }
  if (observer && new URL(observer.url).protocol === 'https:') {
    const url = new URL(observer.url);
    found.push({ id: 'tls-observer', name: `the observer at ${url.host}`, at: placeOf(url) });
  }
  if (temporalPlace?.tls) {
    const { address, tls: settings } = temporalPlace;
    const { serverNameOverride, serverRootCACertificate } = settings === true ? {} : settings;
    const at = {
      ...placeOf(new URL(`https://${address}`)),
      alpn: 'h2',
      ...(serverNameOverride ? { serverName: serverNameOverride } : {}),
      ...(serverRootCACertificate ? { authority: Buffer.from(serverRootCACertificate) } : {}),
    };
    found.push({ id: 'tls-temporal', name: `Temporal at ${address}`, at });
  }
  return found;
}

function placeOf({ hostname, port }: URL): TlsPlace {
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 443) };
}

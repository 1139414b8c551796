/** The certificates that others show: of the service's own name, of the observer, of Temporal. Asked by a real handshake. */
import { X509Certificate } from 'node:crypto';
import { endingSoon } from '../../../domain/readiness/expiry.ts';
import { type Lacking, lack } from '../../../domain/readiness/readiness.ts';
import type { Look, ReadinessCheck } from '../check.ts';
import { type ShownCertificate, shownCertificate } from '../shown-certificate.ts';
import { type NamedPlace, tlsPlaces } from '../tls-places.ts';

export const tls: ReadinessCheck = {
  id: 'tls',
  title: 'TLS certificates of the service, of the observer and of Temporal',
  mend: () => 'see that the server answers on that port',
  async ask(look, signal) {
    const places = await tlsPlaces(look.context.plan, look.temporalPlace);
    const client = clientCertificate(look);
    if (places.length === 0 && client.length === 0) return { skipped: 'nothing of the plan is reached over TLS' };
    const asked = await Promise.all(
      places.map(async (place) => {
        const shown = await shownCertificate(place.at, signal).catch((error: Error) => error);
        return { ...place, shown };
      }),
    );
    const lacking = [...asked.flatMap((each) => lackingOf(each, look)), ...client];
    const seen = asked.map(({ name, shown }) =>
      shown instanceof Error ? `${name}: not known` : `${name}: until ${shown.until.toISOString().slice(0, 10)}`,
    );
    return { lacking, seen: seen.join('; ') };
  },
};

function lackingOf({ id, name, shown }: NamedPlace & { shown: ShownCertificate | Error }, look: Look): Lacking[] {
  const mend = `renew the certificate of ${name}`;
  if (shown instanceof Error)
    return [lack('unknown', id, `${name} shows no certificate: ${shown.message}`, tls.mend(look))];
  const ending = endingSoon(
    [{ id, what: `the certificate of ${name}`, until: shown.until, mend }],
    look.now,
    look.settings.certificates,
  );
  // One that has ended is refused for just that reason.
  if (shown.refused === undefined || shown.until <= look.now) return ending;
  return [lack('missing', id, `the certificate of ${name} is refused: ${shown.refused}`, mend), ...ending];
}

/** Our own, where Temporal asks who we are. */
function clientCertificate({ temporalPlace, now, settings }: Look): Lacking[] {
  const given = temporalPlace?.tls;
  if (typeof given !== 'object' || !given.clientCertPair) return [];
  const until = new X509Certificate(given.clientCertPair.crt).validToDate;
  const what = 'the client certificate that Temporal is shown';
  return endingSoon(
    [{ id: 'tls-client', what, until, mend: 'renew it (docs/temporal.md)' }],
    now,
    settings.certificates,
  );
}

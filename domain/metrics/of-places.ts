/** What servers and receivers around a service say, as samples: standbys that stream, certificates that are shown, people who are told. Pure. */

import type { StandbySeen } from '../databases/replica.ts';
import type { ReceiverReach } from '../notices/reach.ts';
import { type Sample, sample, seconds } from './sample.ts';

/** Component to its standby. */
export type Standbys = Readonly<Record<string, StandbySeen>>;

/** What is not known of one that does not answer is left out; that it does not stream is said. */
export function standbySamples(service: string, standbys: Standbys): Sample[] {
  return Object.entries(standbys).flatMap(([component, { streaming, bytes, seconds: behind }]) => {
    const labels = { service, component };
    return [
      sample('muster_standby_streaming', labels, streaming ? 1 : 0),
      ...(bytes === undefined ? [] : [sample('muster_standby_lag_bytes', labels, bytes)]),
      ...(behind === undefined ? [] : [sample('muster_standby_lag_seconds', labels, behind)]),
    ];
  });
}

/** Name of a server to the end of the certificate that it showed, ms. */
export type ShownUntil = Readonly<Record<string, number>>;

export function tlsSamples(service: string, shown: ShownUntil): Sample[] {
  return Object.entries(shown).map(([server, until]) =>
    sample('muster_tls_certificate_expiry_timestamp_seconds', { service, server }, seconds(until)),
  );
}

export function receiverSamples(service: string, receivers: readonly ReceiverReach[]): Sample[] {
  return receivers.flatMap(({ receiver, reached, missed }) => {
    const labels = { service, receiver };
    return [
      sample('muster_notice_failures_in_a_row', labels, missed),
      ...(reached
        ? [sample('muster_notice_last_success_timestamp_seconds', labels, seconds(Date.parse(reached)))]
        : []),
    ];
  });
}

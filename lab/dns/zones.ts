/** The zones as Route 53 holds them now, read through its own API, with a very short cache. */
import { setTimeout as delay } from 'node:timers/promises';
import {
  type HealthCheck,
  ListHealthChecksCommand,
  ListHostedZonesCommand,
  ListResourceRecordSetsCommand,
  type ListResourceRecordSetsCommandOutput,
  type ResourceRecordSet,
  type Route53Client,
} from '@aws-sdk/client-route-53';

export type Zone = { id: string; name: string; records: ResourceRecordSet[] };
type Contents = { zones: Zone[]; checks: HealthCheck[] };

/** Milliseconds that a query waits for the control plane before the last known contents answer it. */
const patience = 300;

export type Source = { read(): Promise<Contents> };

/**
 * Reads at most every `cacheMs` milliseconds; callers meanwhile share one answer. While the control plane fails or
 * hangs, the last contents are served: the real service's name servers do not depend on its API either.
 */
export function createSource(client: Route53Client, cacheMs: number): Source {
  let last: Contents | undefined;
  let readAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<Contents> | undefined;
  return {
    async read() {
      if (last && performance.now() - readAt < cacheMs) return last;
      reading ??= readAll(client)
        .then((contents) => {
          last = contents;
          readAt = performance.now();
          return contents;
        })
        .finally(() => {
          reading = undefined;
        });
      if (!last) return reading;
      const known = last;
      return Promise.race([reading.catch(() => known), delay(patience, known, { ref: false })]);
    },
  };
}

async function readAll(client: Route53Client): Promise<Contents> {
  const limit = { abortSignal: AbortSignal.timeout(3000) };
  const [listed, health] = await Promise.all([
    client.send(new ListHostedZonesCommand({}), limit),
    client.send(new ListHealthChecksCommand({}), limit),
  ]);
  const zones = await Promise.all(
    (listed.HostedZones ?? []).map(async ({ Id = '', Name = '' }) => {
      const records: ResourceRecordSet[] = [];
      let from: { StartRecordName?: string; StartRecordType?: ResourceRecordSet['Type'] } | undefined = {};
      while (from) {
        const page: ListResourceRecordSetsCommandOutput = await client.send(
          new ListResourceRecordSetsCommand({ HostedZoneId: Id, ...from }),
          limit,
        );
        records.push(...(page.ResourceRecordSets ?? []).map(repaired));
        from = page.IsTruncated
          ? { StartRecordName: page.NextRecordName, StartRecordType: page.NextRecordType }
          : undefined;
      }
      return { id: Id, name: plainName(Name), records };
    }),
  );
  return { zones, checks: health.HealthChecks ?? [] };
}

/** Lower case, without the final dot, with Route 53's octal escape of `*` undone. */
export function plainName(name: string): string {
  return name.toLowerCase().replace(/\.$/, '').replace('\\052', '*');
}

/** moto writes the value of a zone's SOA as the text of a dictionary: `{'Value': '…'}`. */
function repaired(set: ResourceRecordSet): ResourceRecordSet {
  if (set.Type !== 'SOA' || !set.ResourceRecords) return set;
  const ResourceRecords = set.ResourceRecords.map(({ Value = '' }) => ({
    Value: /^\{'Value': '(.*)'\}$/.exec(Value)?.[1] ?? Value,
  }));
  return { ...set, ResourceRecords };
}

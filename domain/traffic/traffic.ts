/** Where a name points: targets, as steps are given them, and the comparison with what a DNS zone holds. */
import { z } from 'zod';

/** A target with its `ttl` in ms, so that reading it twice changes nothing. The plan's `TrafficTarget` fits. */
export const targetSchema = z.union([
  z.strictObject({ alias: z.strictObject({ zone: z.string(), name: z.string(), evaluateTargetHealth: z.boolean() }) }),
  z.strictObject({ addresses: z.array(z.string()).min(1), ttl: z.number().int().nonnegative() }),
]);
export type Target = z.infer<typeof targetSchema>;

/** A record set as it lies in a zone, reduced to what can be compared and put back. `ttl` in seconds, as DNS has it. */
export const recordSetSchema = z.object({
  name: z.string(),
  type: z.string(),
  ttl: z.number().optional(),
  values: z.array(z.string()).optional(),
  alias: z.object({ zone: z.string(), name: z.string(), evaluateTargetHealth: z.boolean() }).optional(),
  healthCheck: z.string().optional(),
});
export type RecordSet = z.infer<typeof recordSetSchema>;

/** `Spacetime-API.company.com.` and `spacetime-api.company.com` are one name. */
export function sameName(a: string, b: string): boolean {
  return plainName(a) === plainName(b);
}

/** Lower case, without the root's dot and without `dualstack.`, which Route 53's console puts before load balancers. */
function plainName(name: string): string {
  return name
    .toLowerCase()
    .replace(/\.$/, '')
    .replace(/^dualstack\./, '');
}

export function pointsAt(record: RecordSet | undefined, target: Target): boolean {
  if (!record) return false;
  if ('alias' in target) {
    const { alias } = record;
    return (
      alias !== undefined &&
      alias.zone === target.alias.zone &&
      sameName(alias.name, target.alias.name) &&
      alias.evaluateTargetHealth === target.alias.evaluateTargetHealth
    );
  }
  return (
    record.values !== undefined &&
    record.ttl === Math.round(target.ttl / 1000) &&
    [...record.values].sort().join() === [...target.addresses].sort().join()
  );
}

/** Like `pointsAt`, whatever the time to live: whether users are led there. */
export function leadsTo(record: RecordSet | undefined, target: Target): boolean {
  return pointsAt(record, 'alias' in target ? target : { ...target, ttl: (record?.ttl ?? 0) * 1000 });
}

export function sameRecord(a: RecordSet | undefined, b: RecordSet | undefined): boolean {
  if (!a || !b) return a === b;
  return sameName(a.name, b.name) && a.type === b.type && a.healthCheck === b.healthCheck && pointsAt(a, targetOf(b));
}

/** For people: `dr-lb-us-west-2.amazonaws.com` or `192.0.2.1`. */
export function describeTarget(target: Target): string {
  return 'alias' in target ? plainName(target.alias.name) : target.addresses.join(', ');
}

export function describeRecord(record: RecordSet | undefined): string {
  return record ? describeTarget(targetOf(record)) : 'nowhere';
}

function targetOf(record: RecordSet): Target {
  if (record.alias) return { alias: record.alias };
  return { addresses: record.values ?? [], ttl: (record.ttl ?? 0) * 1000 };
}

/** What the real thing looks like from outside and in its control planes, small enough to be kept and compared. */
import { z } from 'zod';

export const fingerprintSchema = z.object({
  /** Record set to what it holds, as DNS has it: `spacetime-api.company.com A` to JSON. */
  records: z.record(z.string(), z.string()),
  /** Name to whether its switch object is there. */
  switches: z.record(z.string(), z.boolean()),
  /** Storage location to the lease: `run 3`, `released`, `none`. */
  leases: z.record(z.string(), z.string()),
  /** `app at us-west-2 (i-1)` to state and address as EC2 has them. */
  instances: z.record(z.string(), z.string()),
  /** The same for hosts that run: boot id, and whether the service runs there. */
  hosts: z.record(z.string(), z.string()),
  /** Health and version of the service, by its own name. */
  service: z.string(),
  /** Storage location to its newest recovery point and the ETag of its manifest; empty where there is none. */
  points: z.record(z.string(), z.object({ id: z.string(), manifest: z.string() }).nullable()),
});
export type Fingerprint = z.infer<typeof fingerprintSchema>;

/**
 * What is not as it was, in words; empty where nothing changed.
 *
 * @param after  its `points` are those of `before`, read again: what a backup adds meanwhile is no difference
 */
export function differencesOf(before: Fingerprint, after: Fingerprint): string[] {
  return [
    ...changed('the record', before.records, after.records),
    ...changed('the switch object of', texts(before.switches), texts(after.switches)),
    ...changed('the lease at', before.leases, after.leases),
    ...changed('the instance', before.instances, after.instances),
    ...changed('the host', before.hosts, after.hosts),
    ...changed('the newest recovery point at', texts(before.points), texts(after.points)),
    ...(before.service === after.service ? [] : [`the service was ${before.service} and is ${after.service}`]),
  ];
}

/** How many things were compared. */
export function countOf(seen: Fingerprint): number {
  const { records, switches, leases, instances, hosts, points } = seen;
  const parts = [records, switches, leases, instances, hosts, points];
  return parts.reduce((sum, part) => sum + Object.keys(part).length, 1);
}

function changed(what: string, before: Record<string, string>, after: Record<string, string>): string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return names
    .filter((name) => before[name] !== after[name])
    .map((name) => `${what} ${name} was ${before[name] ?? 'not there'} and is ${after[name] ?? 'not there'}`);
}

function texts(record: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(record).map(([name, value]) => [
      name,
      typeof value === 'boolean' ? (value ? 'there' : 'absent') : JSON.stringify(value),
    ]),
  );
}

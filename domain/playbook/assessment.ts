/** What was found before a decision: facts with their source, and the named risks that follow from them. */
import { z } from 'zod';
import { managedSummarySchema } from '../databases/managed-database.ts';
import { warmCopySchema } from '../databases/warm-copy.ts';
import { hostSchema } from '../host.ts';
import { locationStates, shownStates } from '../points/point-states.ts';
import { pointIdSchema } from '../points/recovery-point.ts';
import { coldSchema } from '../points/thaw.ts';
import { backupKinds } from '../run/requests.ts';

export const factSchema = z.object({
  /** `health-us-east-1`, `points`, `hosts-us-west-2` */
  id: z.string(),
  title: z.string(),
  /** For people: `2 of 2 hosts stopped`. */
  value: z.string(),
  state: z.enum(['good', 'warning', 'bad', 'unknown']),
  /** Where it was read: `EC2 DescribeInstances us-west-2`. */
  source: z.string(),
  /** ms it took to find out. */
  took: z.number(),
});
export type Fact = z.infer<typeof factSchema>;

/** A risk is accepted by its id, so the id is stable and says what it is: `old-primary-not-fenced`. */
export const riskSchema = z.object({
  id: z.string().regex(/^[a-z0-9][a-z0-9-]*$/),
  text: z.string(),
  severity: z.enum(['high', 'medium']),
});
export type Risk = z.infer<typeof riskSchema>;

/** A usable recovery point as seen at the target's location. */
export const pointSummarySchema = z.object({
  id: pointIdSchema,
  takenAt: z.iso.datetime(),
  site: z.string(),
  role: z.enum(['primary', 'standby']),
  label: z.string(),
  /** Absent in summaries of older builds, as are version and commit of points that have none. */
  kind: z.enum(backupKinds).optional(),
  version: z.string().optional(),
  commit: z.string().optional(),
  bytes: z.number(),
  storedBytes: z.number(),
  components: z.array(z.string()),
  /** Component to bytes that it takes on a disk once restored; absent in summaries of older builds. */
  sizes: z.record(z.string(), z.number()).optional(),
  /** SHA-256 of the manifest's bytes, hex: pins the point. */
  sha256: z.string(),
  /** Locations at which the manifest was found good. */
  locations: z.array(z.string()),
  /** Places that hold what it only refers to (a repository of a driver's own), the fewest; absent where nothing lies apart. */
  copiesApart: z.number().int().optional(),
  /** Paths that changed while they were read; a restore has them torn. */
  torn: z.number().int(),
  /** What was shown of it, as its marks say; absent in summaries of older builds, and where no marks were read. */
  state: z.enum(shownStates).optional(),
  /** Good copies are as many as the plan asks for. */
  enough: z.boolean().optional(),
  /** Location to what was shown of the copy there. */
  at: z.record(z.string(), z.enum(locationStates)).optional(),
  /** Why it is quarantined. */
  quarantine: z.string().optional(),
  pinned: z.boolean().optional(),
});
export type PointSummary = z.infer<typeof pointSummarySchema>;

export const assessmentSchema = z.object({
  service: z.string(),
  procedure: z.string(),
  from: z.string(),
  to: z.string(),
  at: z.iso.datetime(),
  /** SHA-256 of the plan as it was read, hex. */
  plan: z.string(),
  facts: z.array(factSchema),
  risks: z.array(riskSchema),
  hosts: z.array(hostSchema),
  point: pointSummarySchema.optional(),
  /** What the point has in cold storage; absent where all of it can be read at once somewhere. */
  cold: coldSchema.optional(),
  /** Standbys that stream, by component; absent where the plan has none. */
  replicas: z.array(z.object({ component: z.string(), usable: z.boolean() })).optional(),
  /** Copies that stand at the target, restored ahead; absent where the plan has none. */
  warm: z.array(warmCopySchema).optional(),
  /** Databases that a cloud runs, at the target; absent where the plan has none. */
  managed: z.array(managedSummarySchema).optional(),
  /** Databases of the target that could be asked whether a fence closed them to writes. */
  fenced: z.array(z.object({ component: z.string(), address: z.string(), closed: z.boolean() })).optional(),
  /** Of an isolated drill: hosts of every real site, which are not touched (`hosts` are the drill's own). */
  production: z.array(hostSchema).optional(),
  /** Of an isolated drill: by host group, the image that its hosts are launched from. */
  images: z.array(z.object({ group: z.string(), image: z.string() })).optional(),
  /** Addresses of hosts of the target of a move that were not off: the service may run there. Absent in assessments of older builds. */
  on: z.array(z.string()).optional(),
  /** Sites that the names of the service lead to; absent in assessments of older builds. */
  serving: z.array(z.string()).optional(),
  /** First failed probe of the present outage, from the observer; ISO. */
  outageStart: z.iso.datetime().optional(),
});
export type Assessment = z.infer<typeof assessmentSchema>;

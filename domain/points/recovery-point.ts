/**
 * Recovery points: what a manifest says, and the keys under which objects lie. See docs/recovery-points.md.
 *
 * A point exists exactly when its manifest exists; the manifest is written last, create-if-absent.
 */

import { z } from 'zod';
import { filters } from '../plan/encryption.ts';
import { backupKinds } from '../run/requests.ts';
import { pointIdSchema } from './point-id.ts';

export { pointIdSchema };

/** One object: ciphertext, at most 64 MiB. `key` is relative to the location's prefix. Hash of the ciphertext, hex. */
export const partSchema = z.object({
  key: z.string(),
  bytes: z.number().int().nonnegative(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
export type Part = z.infer<typeof partSchema>;

/** An independent archive: zstd around tar (or a dump), cut into parts, each part in its own CMS envelope. */
export const archiveSchema = z.object({
  number: z.number().int().nonnegative(),
  /** The point whose key opens it and under whose folder it lies. */
  point: pointIdSchema,
  kind: z.enum(['tree', 'dump']),
  parts: z.array(partSchema).min(1),
  /** Bytes before compression. */
  bytes: z.number().int().nonnegative(),
  entries: z.number().int().nonnegative(),
});
export type Archive = z.infer<typeof archiveSchema>;

/** Vanished files are not in the point; shrunk ones are padded with zeros; torn ones changed while they were read, twice. */
export const warningSchema = z.object({
  kind: z.enum(['vanished', 'shrunk', 'torn']),
  /** For people: bytes that are not UTF-8 stand as `\\xNN`. */
  path: z.string(),
});
export type Warning = z.infer<typeof warningSchema>;

/** What was captured of one component. Written by its capture step as an object of its own, then taken into the manifest. */
export const componentRecordSchema = z.object({
  component: z.string(),
  /** Driver of the plan that captured it. */
  driver: z.string(),
  /** The point whose archives this one refers to for what has not changed; absent where it stands for itself. */
  base: pointIdSchema.optional(),
  host: z.object({ name: z.string(), hostname: z.string(), address: z.string() }),
  /** The moment the copy stands for: a dump's snapshot, a tree's start. ISO, UTC. */
  takenAt: z.iso.datetime(),
  finishedAt: z.iso.datetime(),
  archives: z.array(archiveSchema),
  /** Index of a tree (what each file is, and which archive has it); zstd in CMS. Absent for dumps. */
  index: z.object({ parts: z.array(partSchema) }).optional(),
  entries: z.number().int().nonnegative(),
  /** What a restore brings back, before compression. */
  bytes: z.number().int().nonnegative(),
  /** What was written for this point: its own archives and index, as they are stored. */
  storedBytes: z.number().int().nonnegative(),
  /** Name, query and answer, read in the dump's own snapshot. */
  checks: z.array(z.object({ name: z.string(), query: z.string(), value: z.string() })),
  warnings: z.array(warningSchema),
  version: z.string().optional(),
  commit: z.string().optional(),
  /** Facts of the driver that a restore needs: `roots` of a tree (base64, because a path is bytes), or those of a database. */
  details: z.record(z.string(), z.unknown()),
});
export type ComponentRecord = z.infer<typeof componentRecordSchema>;

/** Bytes that a component takes on a disk: the holes of sparse files take none. */
export function sizeOnDisk({ bytes, details }: Pick<ComponentRecord, 'bytes' | 'details'>): number {
  return bytes - (z.number().safeParse(details.holes).data ?? 0);
}

export const manifestSchema = z.object({
  format: z.literal(1),
  id: pointIdSchema,
  service: z.string(),
  site: z.string(),
  /** Role of the site when the point was taken: a point from a former primary is not taken for the present. */
  role: z.enum(['primary', 'standby']),
  /** `full`: every archive was written for this point. `incremental`: some belong to points before it. */
  kind: z.enum(backupKinds),
  label: z.string(),
  run: z.string(),
  /** Oldest `takenAt` of the components. */
  takenAt: z.iso.datetime(),
  finishedAt: z.iso.datetime(),
  previous: z.object({ id: pointIdSchema, sha256: z.string() }).optional(),
  muster: z.string(),
  version: z.string().optional(),
  commit: z.string().optional(),
  components: z.array(componentRecordSchema).min(1),
  /** Private keys of this point and of those whose archives it refers to, sealed: `archives/<point>/key-<n>.cms`, and to whom (certificate SHA-256, hex). */
  keys: z.array(
    z.object({
      point: pointIdSchema,
      key: z.string(),
      sha256: z.string(),
      recipients: z.array(z.object({ name: z.string(), sha256: z.string() })),
      /** How the parts of this point are encrypted; `cms` where absent. */
      encryption: z.enum(filters).optional(),
    }),
  ),
  /** Hashes of the objects people use without Muster. */
  restoreMd: z.object({ key: z.string(), sha256: z.string() }),
  restoreSh: z.object({ key: z.string(), sha256: z.string() }),
  /** SHA-256 of the signer's public key in DER, hex. */
  signer: z.string(),
});
export type Manifest = z.infer<typeof manifestSchema>;

/** What may be said of a point later. The first three are states that it reaches; the others are said of it by runs and people. */
export const markStates = [
  'replicated',
  'verified',
  'proven',
  'quarantined',
  'released',
  'pinned',
  'unpinned',
  // Taken away from these locations on purpose: what is left of it there may go too.
  'dropped',
] as const;

/** What became of a point later. Marks are objects of their own, because a manifest never changes. */
export const markSchema = z.object({
  format: z.literal(1),
  service: z.string(),
  point: pointIdSchema,
  /** SHA-256 of the manifest, hex. */
  manifest: z.string(),
  state: z.enum(markStates),
  at: z.iso.datetime(),
  run: z.string(),
  /** Where: names of storage locations. */
  locations: z.array(z.string()),
  /** Locations at which the same look found it damaged or gone, and could not mend it. */
  damaged: z.array(z.string()).optional(),
  /** What it rests on: hashes that were compared, or a restore that was checked. Absent where a person or a copy says it. */
  depth: z.enum(['hashes', 'full']).optional(),
  /** For people: what was done to be able to say so, or why a person said it. */
  how: z.string(),
  /** Who, where a person said it. */
  by: z.string().optional(),
});
export type Mark = z.infer<typeof markSchema>;

/** All keys of a service, relative to a location's prefix. The one place that knows the layout. */
export const layout = {
  service: (service: string) => `${service}/`,
  points: (service: string) => `${service}/points/`,
  archives: (service: string) => `${service}/archives/`,
  point: (service: string, id: string) => `${service}/points/${id}/`,
  manifest: (service: string, id: string) => `${service}/points/${id}/manifest.json`,
  /** Written before the manifest, so that a manifest never stands without its signature. */
  manifestSignature: (service: string, id: string) => `${service}/points/${id}/manifest.json.sig`,
  signature: (key: string) => `${key}.sig`,
  restoreMd: (service: string, id: string) => `${service}/points/${id}/RESTORE.md`,
  restoreSh: (service: string, id: string) => `${service}/points/${id}/restore.sh`,
  record: (service: string, id: string, component: string, attempt: string) =>
    `${service}/points/${id}/components/${component}-${attempt}.json`,
  index: (service: string, id: string, component: string, part: number, attempt: string) =>
    `${service}/points/${id}/index/${component}.${part}-${attempt}`,
  part: (service: string, id: string, component: string, archive: number, part: number, attempt: string) =>
    `${service}/archives/${id}/${component}/${String(archive).padStart(5, '0')}.${part}-${attempt}`,
  sealedKey: (service: string, id: string, n: number) => `${service}/archives/${id}/key-${n}.cms`,
  /** All envelopes of a point's key and what is said of them. */
  sealedKeys: (service: string, id: string) => `${service}/archives/${id}/key-`,
  /** Says of a later envelope to whom it was sealed; signed. */
  sealing: (service: string, id: string, n: number) => `${service}/archives/${id}/key-${n}.json`,
  keyUses: (service: string) => `${service}/keyuse/`,
  keyUse: (service: string, time: string, run: string, step: string) => `${service}/keyuse/${time}-${run}-${step}.json`,
  archive: (service: string, id: string) => `${service}/archives/${id}/`,
  allMarks: (service: string) => `${service}/marks/`,
  marks: (service: string, id: string) => `${service}/marks/${id}/`,
  mark: (service: string, id: string, state: string, time: string) => `${service}/marks/${id}/${state}-${time}.json`,
  logs: (service: string) => `${service}/logs/`,
  /** What a component logged between points: laid out below this as a service of its own. */
  log: (service: string, component: string) => `${service}/logs/${component}`,
  /** The newest break-glass script of a failover, signed in its last line; one of an older build has its signature beside it. */
  script: (service: string, from: string, to: string) => `${service}/runbooks/failover-${from}-${to}.sh`,
  /** The playbook of a kind that was approved last. */
  approved: (service: string, procedure: string, from: string, to: string) =>
    `${service}/approved/${procedure}-${from}-${to}.json`,
  /** Who asked, decided and changed what; see domain/audit/audit.ts. */
  audit: (service: string) => `${service}/audit/`,
  auditEntry: (service: string, time: string, run: string, n: number) =>
    `${service}/audit/${time}-${run}-${String(n).padStart(5, '0')}.json`,
  /** Results of test messages to people; see domain/notices/test.ts. */
  noticeTests: (service: string) => `${service}/notices/test-`,
  noticeTest: (service: string, at: string) => `${service}/notices/test-${at.replace(/[:.]/g, '')}.json`,
  /** Which receivers of notices are still reached; see domain/notices/reach.ts. */
  noticeReaches: (service: string) => `${service}/notices/receivers/`,
  noticeReach: (service: string, receiver: string, what: 'reached' | 'missed') =>
    `${service}/notices/receivers/${receiver}/${what}.json`,
  /** Which run may change the service from here; see domain/run/lease.ts. */
  lease: (service: string) => `${service}/lease.json`,
  /** Written to learn the store's time. */
  leaseClock: (service: string) => `${service}/lease-clock`,
  /** What looks at readiness found; see domain/readiness/result.ts. */
  readiness: (service: string, time: string) => `${service}/readiness/${time}.json`,
  readinessNewest: (service: string) => `${service}/readiness/newest.json`,
  /** Those with a time. */
  readinessTimes: (service: string) => `${service}/readiness/2`,
  allReports: (service: string) => `${service}/reports/`,
  /** Reports of one procedure's runs. */
  reports: (service: string, procedure: string) => `${service}/reports/${procedure}-`,
  /** Apart from the reports of runs: an exercise has two of them. */
  exercise: (service: string, run: string, name: string) => `${service}/exercises/${run}/${name}`,
  /** Of a month or a quarter, as it was stored. */
  periods: (service: string) => `${service}/periods/`,
  period: (service: string, period: string, name: string) => `${service}/periods/${period}/${name}`,
  report: (service: string, run: string, name: string) => `${service}/reports/${run}/${name}`,
} as const;

/** `new Date('2026-01-02T03:15:00Z')` -> `'20260102_031500'`, in UTC. */
export function pointIdAt(time: Date): string {
  return time.toISOString().slice(0, 19).replaceAll('-', '').replaceAll(':', '').replace('T', '_');
}

/** `20260102_031500` -> its time in ms; NaN for what is no id. */
export function timeOfPointId(id: string): number {
  const [, year, month, day, hour, minute, second] = id.match(/^(\d{4})(\d\d)(\d\d)_(\d\d)(\d\d)(\d\d)$/) ?? [];
  return Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
}

/** `20260102_031559` -> `20260102_031600`: the next second, where an id is taken. */
export function nextPointId(id: string): string {
  return pointIdAt(new Date(timeOfPointId(id) + 1000));
}

/** What an archive is called within a point: its number, and for one of an earlier point `<number>@<point>`. Stands in the index. */
export function archiveName(archive: Pick<Archive, 'number' | 'point'>, point: string): string {
  return archive.point === point ? String(archive.number) : `${archive.number}@${archive.point}`;
}

/** Whether the point only refers to a copy that lies in a repository of the driver's own; a copy of the point does not copy that. */
export function liesApart({ archives, index }: ComponentRecord): boolean {
  return archives.length === 0 && index === undefined;
}

/**
 * How many places hold what only refers to a repository of its driver's own, the fewest of all such components, as their records say; one where
 * they say nothing. Undefined where nothing lies apart.
 */
export function copiesApart(
  components: readonly Partial<Pick<ComponentRecord, 'archives' | 'index' | 'details'>>[],
): number | undefined {
  const apart = components.filter(({ archives, index }) => archives?.length === 0 && index === undefined);
  const copies = apart.map(({ details }) => Number(details?.copies ?? 1) || 1);
  return copies.length > 0 ? Math.min(...copies) : undefined;
}

/** Every part a restore of the whole point needs, each key once. */
export function partsOf(manifest: Manifest): Part[] {
  const parts = new Map<string, Part>();
  for (const component of manifest.components) {
    for (const archive of component.archives) for (const part of archive.parts) parts.set(part.key, part);
    for (const part of component.index?.parts ?? []) parts.set(part.key, part);
  }
  return [...parts.values()];
}

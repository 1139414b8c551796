/**
 * Step `verifyLogs`: reads shipped logs where they lie and compares them with their records, without any key of a site. What is bad is put
 * back from a location that has it; where it is good nowhere the log does not lead past it, and a new backup is asked for.
 */
import { z } from 'zod';
import type { LogRecord } from '../../domain/databases/log-record.ts';
import { logLayout } from '../../domain/databases/log-record.ts';
import { layout, pointIdSchema } from '../../domain/points/recovery-point.ts';
import { dayOf, type Finding } from '../../domain/points/verification.ts';
import type { StepOutput } from '../../domain/run/protocol.ts';
import type { StepContext } from '../context.ts';
import { pointIdsAt } from '../points/list-points.ts';
import { loadPinned, loadSigner, type PinnedSigners, sha256Of } from '../points/signer.ts';
import { checkObjects } from '../points/verify/check-objects.ts';
import { openAnswering } from '../points/verify/locations.ts';
import { goodBytes } from '../points/verify/mend.ts';
import type { PointObject } from '../points/verify/objects.ts';
import { sealedKeyOf } from '../points/verify/sealed-keys.ts';
import { defineStep } from '../step.ts';
import type { ObjectStore } from '../storage/store.ts';
import { batchesAt, readLogRecord } from './log-records.ts';

const input = z.object({
  service: z.string(),
  /** Whose logs Muster seals itself. */
  components: z.array(z.string()).min(1),
  /** `newest`, or a point: what was shipped since it. */
  points: z.union([z.enum(['newest', 'all']), pointIdSchema]),
  locations: z.array(z.string()).min(1),
  /** Locations that are looked at; the others only give good copies. */
  only: z.array(z.string()).optional(),
  /** Every part is read within so many days. */
  days: z.number().int().positive().optional(),
});

export interface VerifiedLogs extends StepOutput {
  readonly outcome: string;
  readonly summary: string;
  readonly batches: number;
  readonly bytes: number;
  readonly findings: readonly Finding[];
  /** What is good nowhere, for people. */
  readonly lostLogs: readonly string[];
  readonly notes: readonly string[];
}

export const verifyLogs = defineStep({
  kind: 'verifyLogs',
  version: 1,
  input,
  title: ({ components, points }) =>
    `Compare the shipped log of ${components.join(' and ')} with its records${points === 'all' ? '' : ', as far as it was shipped since the point'}`,
  shell: ({ service, components, locations }) =>
    components.map((name) => {
      const records = logLayout.records(layout.log(service, name));
      return `jq -r '.segments[].parts[] | "\\(.sha256)  \\(.key)"' ${records}*.json | sha256sum -c  # at each of ${locations.join(', ')}`;
    }),
  limits: { startToClose: 12 * 3_600_000 },
  async run(wanted, context): Promise<VerifiedLogs> {
    const { service, components, locations, only, points } = wanted;
    const { stores, silent } = await openAnswering(locations, service, context);
    const signers = await loadPinned(context.plan, context.planFolder);
    const checked = stores.filter(({ location }) => only?.includes(location) ?? true);
    const since = points === 'all' ? '' : points === 'newest' ? await newestPoint(stores, service) : points;
    const seen: Seen = { batches: 0, bytes: 0, findings: [], lost: [], notes: [] };
    for (const { location, why } of silent) seen.notes.push(`${location} was not reached: ${why}`);
    for (const component of components) {
      const log = layout.log(service, component);
      const there = new Map<ObjectStore, string[]>();
      for (const store of stores) there.set(store, await batchesAt(store, log));
      const batches = [...new Set([...there.values()].flat())].filter((batch) => batch > since).sort();
      for (const batch of batches) {
        context.heartbeat({ text: `batch ${batch} of the log of ${component}` });
        const holding = stores.filter((store) => there.get(store)?.includes(batch));
        const look = { ...wanted, component, log, batch, stores, holding, signers };
        await verifyBatch({ ...look, checked: holding.filter((store) => checked.includes(store)) }, seen, context);
      }
    }
    return answer(wanted, seen);
  },
});

interface Seen {
  batches: number;
  bytes: number;
  readonly findings: Finding[];
  readonly lost: string[];
  readonly notes: string[];
}

async function newestPoint(stores: readonly ObjectStore[], service: string): Promise<string> {
  const ids = await Promise.all(stores.map((store) => pointIdsAt(store, service)));
  return (
    ids
      .flatMap(([first = '']) => first)
      .sort()
      .at(-1) ?? ''
  );
}

interface Look {
  readonly service: string;
  readonly component: string;
  readonly log: string;
  readonly batch: string;
  readonly days?: number | undefined;
  readonly stores: readonly ObjectStore[];
  /** Locations with a record of it. */
  readonly holding: readonly ObjectStore[];
  readonly checked: readonly ObjectStore[];
  readonly signers: PinnedSigners;
}

async function verifyBatch(look: Look, seen: Seen, context: StepContext): Promise<void> {
  const { service, component, log, batch, days, stores, holding, checked, signers } = look;
  if (checked.length === 0) return;
  const name = `batch ${batch} of the log of ${component}`;
  const believed = await firstRecord(holding, log, batch, signers);
  if (!believed) {
    // Retention may have taken it away since it was listed.
    if (await goneEverywhere(holding, log, batch)) return;
    seen.lost.push(`the record of ${name}`);
    return;
  }
  const objects = await objectsOfBatch(believed, log, stores, signers);
  const result = await checkObjects(
    {
      ...{ point: batch, service, objects, checked, others: stores.filter((store) => !checked.includes(store)) },
      ...(days ? { rotation: { days, today: dayOf(new Date()) } } : {}),
      judging: {
        signers,
        signal: context.signal,
        contentOf: (object) => firstGood(stores, object),
        onRead: (bytes) => {
          seen.bytes += bytes;
          context.heartbeat({ text: `${name}, ${Math.round(seen.bytes / 1e6)} MB read` });
        },
      },
      signer: () => loadSigner(context.plan, context.secret),
      madeAgain: () => undefined,
      seen: new Set(),
      onProgress: () => {},
    },
    context,
  );
  if (result.lost.length > 0 && (await goneEverywhere(holding, log, batch))) return;
  seen.batches += 1;
  seen.findings.push(...result.findings);
  const lost = objects.filter(({ key }) => result.lost.includes(key));
  seen.lost.push(...lost.map(({ what }) => `${what} of ${name}`));
}

interface Believed {
  readonly record: LogRecord;
  readonly bytes: Buffer;
}

async function firstRecord(
  stores: readonly ObjectStore[],
  log: string,
  batch: string,
  signers: PinnedSigners,
): Promise<Believed | undefined> {
  const key = logLayout.record(log, batch);
  for (const store of stores) {
    const record = await readLogRecord(store, log, batch, signers);
    const bytes = record && (await goodBytes(store, { key }));
    if (record && bytes) return { record, bytes };
  }
  return undefined;
}

/** The record last: it stands where the rest does. */
async function objectsOfBatch(
  { record, bytes }: Believed,
  log: string,
  stores: readonly ObjectStore[],
  signers: PinnedSigners,
): Promise<PointObject[]> {
  const sealed = await sealedKeyOf({ point: record.batch, ...record.key }, log, stores, signers);
  const key = logLayout.record(log, record.batch);
  const sha256 = sha256Of(bytes);
  return [
    ...sealed.objects,
    ...record.segments.flatMap(({ file, parts }) =>
      parts.map((part, at) => ({ ...part, part: true as const, what: `${file}, part ${at + 1} of ${parts.length},` })),
    ),
    { key: layout.signature(key), signs: { key, sha256 }, what: 'signature of the record' },
    { key, sha256, what: 'record' },
  ];
}

async function firstGood(stores: readonly ObjectStore[], object: { key: string; sha256: string }) {
  for (const store of stores) {
    const body = await goodBytes(store, object);
    if (body) return body;
  }
  return undefined;
}

async function goneEverywhere(stores: readonly ObjectStore[], log: string, batch: string): Promise<boolean> {
  const heads = await Promise.all(stores.map((store) => store.head(logLayout.record(log, batch))));
  return heads.every((head) => head === undefined);
}

/** What is carried in the output stays small, whatever is wrong. */
const mostFindings = 100;

function answer({ service, components }: { service: string; components: readonly string[] }, seen: Seen): VerifiedLogs {
  const { batches, bytes, findings, lost, notes } = seen;
  const count = (outcome: string) => findings.filter((finding) => finding.outcome === outcome).length;
  const bad = [
    ...(count('mended') > 0 ? [`${count('mended')} objects mended`] : []),
    ...(count('left') > 0 ? [`${count('left')} could not be mended`] : []),
    ...(lost.length > 0 ? [`${lost.length} lost`] : []),
  ];
  const outcome = bad.length > 0 ? bad.join(', ') : `${batches} good`;
  const output = {
    outcome,
    summary: `${batches} batches of the shipped log of ${components.join(' and ')} looked at: ${outcome}.${notes.length > 0 ? ` ${notes.join(' ')}` : ''}`,
    ...{ batches, bytes, findings: findings.slice(0, mostFindings), lostLogs: lost.slice(0, mostFindings), notes },
  };
  if (lost.length === 0) return output;
  const alarm = `${service}: no moment after this can be restored from an earlier point: ${lost.join('; ')} is good nowhere. A new full backup is started.`;
  const reason = `the shipped log is damaged: ${lost.join('; ')}`.slice(0, 500);
  return {
    ...output,
    alarm,
    follow: { procedure: 'backup', label: 'after-incident', reason, backup: { kind: 'full' } },
  };
}

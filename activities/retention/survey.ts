/**
 * What lies at every storage location of a service, for whoever wants to delete some of it. Reads only. A location that does not
 * answer is a passing fault: nothing is deleted anywhere while copies cannot be counted.
 */
import { Refusal } from '../../domain/errors.ts';
import { layout, type Manifest, type Mark, pointIdSchema } from '../../domain/points/recovery-point.ts';
import type { RetainablePoint } from '../../domain/points/retainable-point.ts';
import type { Holding, StoredObject } from '../../domain/retention/archives.ts';
import type { LogBatch } from '../../domain/retention/logs.ts';
import { droppedFrom, type FoundPoint, retainableOf } from '../../domain/retention/marks.ts';
import type { StepContext } from '../context.ts';
import { mapLimited } from '../points/map-limited.ts';
import { readMarks } from '../points/marks.ts';
import { readManifestAt } from '../points/read-manifest.ts';
import { loadPinned, type PinnedSigners } from '../points/signer.ts';
import type { ObjectStore } from '../storage/store.ts';
import { logBatches } from './log-batches.ts';

export interface SurveyedPlace extends Holding {
  readonly store: ObjectStore;
  readonly objects: readonly StoredObject[];
  /** Shipped logs, by component and age. */
  readonly logs: readonly LogBatch[];
  /** Why nothing may be deleted here: what these need cannot be read. */
  readonly unsure: readonly string[];
}

export interface Survey {
  readonly points: readonly RetainablePoint[];
  readonly places: readonly SurveyedPlace[];
  /** Every mark by id. */
  readonly marks: ReadonlyMap<string, readonly Mark[]>;
  readonly found: readonly FoundPoint[];
  /** Whose word was taken. */
  readonly signers: PinnedSigners;
}

interface Raw {
  readonly store: ObjectStore;
  readonly objects: readonly StoredObject[];
  readonly logs: readonly LogBatch[];
  readonly good: ReadonlyMap<string, { readonly manifest: Manifest; readonly sha256: string }>;
  readonly refused: ReadonlyMap<string, string>;
  /** Ids of which something lies here, and no manifest that a get would answer. */
  readonly loose: readonly string[];
  readonly hidden: ReadonlySet<string>;
}

/** @param beat  told often; a service of years has thousands of manifests */
export async function survey(
  stores: readonly ObjectStore[],
  service: string,
  signers: PinnedSigners,
  copies: number,
  beat: () => void = () => {},
): Promise<Survey> {
  const raws = await Promise.all(stores.map((store) => readPlace(store, service, signers, beat)));
  const ids = [...new Set(raws.flatMap(({ good, refused, loose }) => [...good.keys(), ...refused.keys(), ...loose]))];
  const pairs = await mapLimited(ids, 8, async (id) => {
    beat();
    const read = await Promise.all(stores.map((store) => readMarks(store, service, id, signers)));
    return [id, distinct(read.flat())] as const;
  });
  const marks = new Map(pairs);
  const found = foundPoints(raws);
  const twice = new Set(found.map(({ manifest }) => manifest.id).filter((id, at, all) => all.indexOf(id) < at));
  const places = raws.map((raw) => placeOf(raw, service, found, twice, marks));
  const points = found
    .filter(({ manifest }) => !twice.has(manifest.id))
    .map((each) => retainableOf(each, marks.get(each.manifest.id) ?? [], { copies }));
  return { points, places, marks, found, signers };
}

/** The same for a step: with its stores, its signers and its heartbeat. */
export async function surveyFor(
  { service, locations }: { readonly service: string; readonly locations: readonly string[] },
  context: StepContext,
): Promise<Survey> {
  const stores = await Promise.all(locations.map((name) => context.store(name)));
  const signers = await loadPinned(context.plan, context.planFolder);
  const copies = Math.min(context.plan.copies, locations.length);
  return await survey(stores, service, signers, copies, () => context.heartbeat({ text: 'looking what is there' }));
}

async function readPlace(store: ObjectStore, service: string, signers: PinnedSigners, beat: () => void): Promise<Raw> {
  const { objects, hiddenKeys } = await objectsAt(store, [layout.points(service), layout.archives(service)], beat);
  const logs = logBatches(service, (await objectsAt(store, [layout.logs(service)], beat)).objects);
  const keys = new Set(objects.map(({ key }) => key));
  const ids = [...new Set(objects.flatMap(({ key }) => idOf(service, key)))].sort();
  const good = new Map<string, { manifest: Manifest; sha256: string }>();
  const refused = new Map<string, string>();
  const hidden = new Set(ids.filter((id) => hiddenKeys.has(layout.manifest(service, id))));
  await mapLimited(
    ids.filter((id) => keys.has(layout.manifest(service, id)) && !hidden.has(id)),
    16,
    async (id) => {
      beat();
      try {
        good.set(id, await readManifestAt(store, service, id, signers));
      } catch (error) {
        if (!(error instanceof Refusal) || error.type === 'StoreDenied') throw error;
        if (error.type !== 'PointNotFound') refused.set(id, error.message);
      }
    },
  );
  const loose = ids.filter((id) => !good.has(id) && !refused.has(id));
  return { store, objects, logs, good, refused, loose, hidden };
}

/** One entry a key. With versions: all of them together, also where a delete marker hides them. */
async function objectsAt(store: ObjectStore, folders: readonly string[], beat: () => void) {
  const objects = new Map<string, StoredObject>();
  const hiddenKeys = new Set<string>();
  for (const folder of folders) {
    for await (const entry of store.versions?.(folder) ?? store.list(folder)) {
      beat();
      const { key, bytes, modified } = entry;
      const before = objects.get(key);
      objects.set(key, {
        key,
        bytes: bytes + (before?.bytes ?? 0),
        modified: Math.max(modified.getTime(), before?.modified ?? 0),
      });
      if ('marker' in entry && entry.marker && entry.latest) hiddenKeys.add(key);
    }
  }
  return { objects: [...objects.values()], hiddenKeys };
}

/** The same manifest at several places is one point. */
function foundPoints(raws: readonly Raw[]): FoundPoint[] {
  const found = new Map<string, FoundPoint>();
  for (const { store, good } of raws) {
    for (const [id, { manifest, sha256 }] of good) {
      const there = found.get(`${id} ${sha256}`);
      found.set(`${id} ${sha256}`, { manifest, sha256, locations: [...(there?.locations ?? []), store.location] });
    }
  }
  return [...found.values()];
}

function placeOf(
  raw: Raw,
  service: string,
  found: readonly FoundPoint[],
  twice: ReadonlySet<string>,
  marks: ReadonlyMap<string, readonly Mark[]>,
): SurveyedPlace {
  const { location } = raw.store;
  const manifests = new Map([...raw.good].map(([id, { manifest }]) => [id, manifest]));
  const held = new Map<string, string>();
  const dropped = new Map<string, { at: string; by?: string }>();
  const unsure: string[] = [];
  for (const id of twice) held.set(id, `${id} is not the same at every location; a person decides`);
  for (const id of [...raw.refused.keys(), ...raw.loose]) {
    const gone = droppedFrom(marks.get(id) ?? [])[location];
    const elsewhere = found.find(({ manifest }) => manifest.id === id);
    const refused = raw.refused.get(id);
    if (gone && !refused) dropped.set(id, gone);
    else if (elsewhere) {
      // A damaged copy is still one that can be mended: what it needs stays.
      manifests.set(id, elsewhere.manifest);
      held.set(id, refused ?? `${id} has no manifest here, and is whole at ${elsewhere.locations.join(' and ')}`);
    } else if (refused) unsure.push(refused);
    else if (raw.hidden.has(id)) unsure.push(`The manifest of ${id} at ${location} is hidden by a delete marker.`);
  }
  return { store: raw.store, service, objects: raw.objects, logs: raw.logs, manifests, held, dropped, unsure };
}

function distinct(marks: readonly Mark[]): Mark[] {
  return [...new Map(marks.map((mark) => [JSON.stringify(mark), mark])).values()];
}

function idOf(service: string, key: string): string[] {
  const id = key.slice(layout.service(service).length).split('/')[1] ?? '';
  return pointIdSchema.safeParse(id).success ? [id] : [];
}

/** Every object of one point at every location that is looked at: judged, and mended from where it is good. Resumes where it was. */
import { setImmediate as breathe } from 'node:timers/promises';
import type { Finding } from '../../../domain/points/verification.ts';
import { isDueOn } from '../../../domain/points/verification.ts';
import type { StepContext } from '../../context.ts';
import type { ObjectStore } from '../../storage/store.ts';
import { mapLimited } from '../map-limited.ts';
import type { Signer } from '../signer.ts';
import { type Judging, judge } from './judge.ts';
import { goodBytes, putOver } from './mend.ts';
import type { PointObject } from './objects.ts';

export interface Tally {
  objects: number;
  bytes: number;
  bad: number;
  mended: number;
  cold: number;
}

/** What an attempt hands to the next: everything before `next` is decided. */
export interface ObjectsProgress {
  readonly next: number;
  readonly tallies: Readonly<Record<string, Tally>>;
  readonly findings: readonly Finding[];
  /** Keys of what is good nowhere. */
  readonly lost: readonly string[];
}

export interface CheckOptions {
  readonly point: string;
  readonly service: string;
  readonly objects: readonly PointObject[];
  /** Locations that are looked at. */
  readonly checked: readonly ObjectStore[];
  /** Where else a good copy may come from. */
  readonly others: readonly ObjectStore[];
  readonly rotation?: { readonly days: number; readonly today: number };
  readonly judging: Judging;
  readonly signer: () => Promise<Signer>;
  /** What can be made from the manifest alone, if this build makes the same bytes. */
  madeAgain(object: PointObject): Buffer | undefined;
  /** `location key sha256` of what this run has read already: points share archives. */
  readonly seen: Set<string>;
  readonly from?: ObjectsProgress;
  onProgress(progress: ObjectsProgress): void;
}

/** Objects at once; of each, one range a location is in memory. */
const atOnce = 4;
/** What is carried in heartbeats and in the output stays small, whatever is wrong. */
const mostFindings = 200;

export async function checkObjects(options: CheckOptions, context: StepContext): Promise<ObjectsProgress> {
  const { objects, checked, from } = options;
  let progress: ObjectsProgress = from ?? {
    next: 0,
    tallies: Object.fromEntries(checked.map(({ location }) => [location, emptyTally()])),
    findings: [],
    lost: [],
  };
  const mender = inTurn();
  const first = progress.next;
  const done: (ObjectOutcome | undefined)[] = [];
  await mapLimited(objects.slice(first), atOnce, async (object) => {
    context.signal.throwIfAborted();
    done[objects.indexOf(object, first) - first] = await checkObject(object, options, mender, context);
    for (let ready = done[progress.next - first]; ready; ready = done[progress.next - first]) {
      progress = add(progress, ready);
    }
    options.onProgress(progress);
    await breathe();
  });
  return progress;
}

interface ObjectOutcome {
  readonly at: Readonly<Record<string, Tally>>;
  readonly findings: readonly Finding[];
  readonly lost?: string;
}

async function checkObject(
  object: PointObject,
  options: CheckOptions,
  mender: <T>(work: () => Promise<T>) => Promise<T>,
  context: StepContext,
): Promise<ObjectOutcome> {
  const { rotation, checked, service, judging, seen } = options;
  const read = !object.part || !rotation || isDueOn(object.key, rotation.today, rotation.days);
  const verdicts = await Promise.all(
    checked.map(async (store) => {
      const name = `${store.location} ${object.key} ${object.sha256}`;
      const verdict = await judge(store, service, object, read && !seen.has(name), judging);
      if (verdict.good && verdict.read > 0) seen.add(name);
      return { store, verdict };
    }),
  );
  const at = Object.fromEntries(
    verdicts.map(({ store, verdict }) => [store.location, { ...emptyTally(), ...counted(verdict) }]),
  );
  const bad = verdicts.flatMap(({ store, verdict }) => (verdict.good ? [] : [{ store, why: verdict.why }]));
  if (bad.length === 0) return { at, findings: [] };
  const good = verdicts.filter(({ verdict }) => verdict.good).map(({ store }) => store);
  return await mender(() => mendObject(object, { at, bad, good }, options, context));
}

interface Judged {
  readonly at: Record<string, Tally>;
  readonly bad: { readonly store: ObjectStore; readonly why: string }[];
  readonly good: readonly ObjectStore[];
}

async function mendObject(
  object: PointObject,
  { at, bad, good }: Judged,
  options: CheckOptions,
  context: StepContext,
): Promise<ObjectOutcome> {
  const source = await sourceOf(object, good, bad, options, at);
  const findings: Finding[] = [];
  for (const { store, why } of bad) {
    const base = { point: options.point, location: store.location, object: object.key, what: object.what, why };
    if (!source) {
      findings.push(
        object.byHand ? { ...base, outcome: 'left', how: 'it is good nowhere' } : { ...base, outcome: 'lost' },
      );
      continue;
    }
    const refused = await putOver(store, object.key, source.bytes, context);
    const again = refused ? undefined : await judge(store, options.service, object, true, options.judging);
    if (again?.good) {
      const tally = at[store.location] as Tally;
      tally.mended += 1;
      findings.push({ ...base, outcome: 'mended', how: source.from });
    } else findings.push({ ...base, outcome: 'left', how: refused || 'what was put there did not stay' });
  }
  return { at, findings, ...(source || object.byHand ? {} : { lost: object.key }) };
}

/** A copy that was only looked for, not read, may turn out to be bad now: then it is one of those to mend. */
async function sourceOf(
  object: PointObject,
  good: readonly ObjectStore[],
  bad: Judged['bad'],
  options: CheckOptions,
  at: Record<string, Tally>,
): Promise<{ bytes: Buffer; from: string } | undefined> {
  const { others, judging, signer } = options;
  for (const store of [...good, ...others]) {
    const bytes = await goodBytes(store, object);
    const fits = bytes && (!object.signs || (await signs(object.signs, bytes, judging)));
    if (fits) return { bytes, from: `from ${store.location}` };
    const tally = at[store.location];
    if (!tally) continue;
    tally.bad += 1;
    bad.push({ store, why: 'has other bytes' });
  }
  const again = options.madeAgain(object);
  if (again) return { bytes: again, from: 'written again' };
  // What it signs is proven by the manifest, so a signature can be made again.
  const content = object.signs && (await judging.contentOf(object.signs));
  return content && { bytes: (await signer()).sign(content), from: 'signed again' };
}

async function signs(signed: NonNullable<PointObject['signs']>, signature: Buffer, judging: Judging): Promise<boolean> {
  const content = await judging.contentOf(signed);
  return content !== undefined && judging.signers.signedBy(content, signature) !== undefined;
}

function counted(verdict: Awaited<ReturnType<typeof judge>>): Partial<Tally> {
  if (!verdict.good) return { objects: 1, bad: 1 };
  return { objects: 1, bytes: verdict.read, cold: verdict.cold ? 1 : 0 };
}

function emptyTally(): Tally {
  return { objects: 0, bytes: 0, bad: 0, mended: 0, cold: 0 };
}

function add(progress: ObjectsProgress, { at, findings, lost }: ObjectOutcome): ObjectsProgress {
  const tallies = Object.entries(progress.tallies).map(([location, sum]) => {
    const more = at[location] ?? emptyTally();
    const fields = Object.keys(sum) as (keyof Tally)[];
    return [location, Object.fromEntries(fields.map((field) => [field, sum[field] + more[field]]))];
  });
  return {
    next: progress.next + 1,
    tallies: Object.fromEntries(tallies),
    findings: [...progress.findings, ...findings].slice(0, mostFindings),
    lost: lost ? [...progress.lost, lost] : progress.lost,
  };
}

/** One after another: a whole part in memory is one part in memory. */
function inTurn(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const next = last.then(work, work);
    last = next.catch(() => {});
    return next;
  };
}

/** One recovery point at every location: judged object by object, mended where a good copy is left, and marked for what was shown. */
import { Refusal } from '../../../domain/errors.ts';
import { layout } from '../../../domain/points/recovery-point.ts';
import type { Finding } from '../../../domain/points/verification.ts';
import type { StepContext } from '../../context.ts';
import type { ObjectStore } from '../../storage/store.ts';
import { restoreFiles } from '../restore-files.ts';
import { loadSigner, type PinnedSigners, sha256Of } from '../signer.ts';
import { checkObjects, type ObjectsProgress } from './check-objects.ts';
import type { Judging } from './judge.ts';
import { lookOf, unbelieved } from './looks.ts';
import { type Believed, type ManifestAt, manifestsOf, saidOf } from './manifests.ts';
import { addMarks, marksAt, mendMarks } from './marks.ts';
import { goodBytes, putOver } from './mend.ts';
import { marksToWrite } from './new-marks.ts';
import { describeLoss, objectsOf } from './objects.ts';
import { knownRecipients, strangersOf } from './recipients.ts';
import { type SealedKeys, sealedKeysOf } from './sealed-keys.ts';
import type { PointVerdict } from './verdict.ts';

export interface VerifyTask {
  readonly service: string;
  /** Locations that answer, nearest first. */
  readonly stores: readonly ObjectStore[];
  /** Names of those that are looked at; the others only give good copies. */
  readonly checked: readonly string[];
  readonly rotation?: { readonly days: number; readonly today: number };
  readonly signers: PinnedSigners;
  readonly seen: Set<string>;
  onRead(bytes: number): void;
  onProgress(progress: ObjectsProgress): void;
}

/** Undefined for what is no recovery point: no manifest anywhere, and no mark that it ever was one. */
export async function verifyPoint(
  id: string,
  task: VerifyTask,
  context: StepContext,
  from?: ObjectsProgress,
): Promise<PointVerdict | undefined> {
  const { service, stores, checked, signers } = task;
  const marks = await marksAt(stores, service, id, signers);
  const { believed, at } = await manifestsOf(stores, service, id, signers, marks.marks);
  if (!believed) {
    // The mark comes before the manifest goes: between the two looks retention may have done both.
    const again = await marksAt(stores, service, id, signers);
    if (saidOf(again.marks).dropped.size > saidOf(marks.marks).dropped.size)
      return await verifyPoint(id, task, context);
    return unbelieved(id, service, at, marks);
  }
  const present = at.filter(({ state }) => state === 'good' || state === 'damaged');
  const looked = present.filter(({ store }) => checked.includes(store.location));
  const sealed = await sealedKeysOf(believed.manifest, stores, signers);
  const objects = objectsOf(believed.manifest, sealed.objects);
  const result = await checkObjects(
    {
      point: id,
      service,
      objects,
      checked: looked.map(({ store }) => store),
      others: stores.filter((store) => !looked.some((each) => each.store === store)),
      ...(task.rotation ? { rotation: task.rotation } : {}),
      judging: judgingOf(task, context),
      signer: () => loadSigner(context.plan, context.secret),
      madeAgain: ({ key, sha256 }) => {
        // Where the plan asked for other approvals then, the hash differs and only a copy helps.
        const bytes = Buffer.from(restoreFiles(believed.manifest, context.plan.encryption.byHand)[key] ?? '');
        return sha256Of(bytes) === sha256 ? bytes : undefined;
      },
      seen: task.seen,
      ...(from ? { from } : {}),
      onProgress: task.onProgress,
    },
    context,
  );
  // Retention may have taken the point away while it was read: what is gone on purpose is not lost.
  if (result.lost.length > 0 && (await droppedSince(id, looked, task))) return await verifyPoint(id, task, context);
  const manifestFindings = await mendManifests(id, believed, looked, result, service, context);
  const markFindings = await mendMarks(marks, id, checked, context);
  const findings = [...result.findings, ...manifestFindings, ...markFindings];
  const left = findings.filter(({ outcome }) => outcome === 'left' || outcome === 'lost');
  const looks = at
    .filter(({ store }) => checked.includes(store.location))
    .map((each) => lookOf(id, each, result, findings));
  const lost = describeLoss(
    believed.manifest,
    objects.filter(({ key }) => result.lost.includes(key)),
  );
  const cold = Object.values(result.tallies).some((tally) => tally.cold > 0);
  const sampled = task.rotation !== undefined && task.rotation.days > 1;
  const wanted = marksToWrite({ looks, lost, left, objects, sampled: sampled || cold, before: marks.marks });
  await addMarks({ id, sha256: believed.sha256, service }, wanted, marks.marks, stores.filter(hasPoint(at)), context);
  const notes = [
    ...at.flatMap(({ store, state, why }) =>
      state === 'other' ? [`ManifestTampered: ${store.location} has under ${id} ${why}.`] : [],
    ),
    ...(await chainNotes(believed, looked, service)),
    ...(await recipientNotes(sealed, task, context)),
    ...(cold ? [`Parts of ${id} lie in cold storage: they were looked for and not read.`] : []),
  ];
  const released = wanted.some(({ state }) => state === 'released');
  return { looks, findings, lost, lostKeys: result.lost, released, notes };
}

async function droppedSince(id: string, looked: readonly ManifestAt[], task: VerifyTask): Promise<boolean> {
  const { marks } = await marksAt(task.stores, task.service, id, task.signers);
  const { dropped } = saidOf(marks);
  return looked.some(({ store }) => dropped.has(store.location));
}

const hasPoint = (at: readonly ManifestAt[]) => (store: ObjectStore) =>
  at.some((each) => each.store === store && each.state !== 'absent');

function judgingOf({ stores, signers, onRead }: VerifyTask, { signal }: StepContext): Judging {
  const known = new Map<string, Promise<Buffer | undefined>>();
  return {
    signers,
    signal,
    onRead,
    contentOf({ key, sha256 }) {
      const found = known.get(sha256) ?? firstGood(stores, key, sha256);
      known.set(sha256, found);
      return found;
    },
  };
}

async function firstGood(stores: readonly ObjectStore[], key: string, sha256: string): Promise<Buffer | undefined> {
  for (const store of stores) {
    const body = await goodBytes(store, { key, sha256 });
    if (body) return body;
  }
  return undefined;
}

/** With the rest of the point good there, its manifest is put last, as when a point is written. */
async function mendManifests(
  id: string,
  { bytes, signature }: Believed,
  looked: readonly ManifestAt[],
  result: ObjectsProgress,
  service: string,
  context: StepContext,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { store, state, why = '' } of looked) {
    if (state !== 'damaged') continue;
    const object = layout.manifest(service, id);
    const base = { point: id, location: store.location, object, what: 'manifest', why };
    const tally = result.tallies[store.location];
    if (tally && tally.bad > tally.mended) {
      findings.push({ ...base, outcome: 'left', how: 'other objects of the point are bad there as well' });
      continue;
    }
    const refused =
      (await putOver(store, layout.manifestSignature(service, id), signature, context)) ||
      (await putOver(store, object, bytes, context));
    const there = refused ? undefined : await goodBytes(store, { key: object, sha256: sha256Of(bytes) });
    const mended = there !== undefined;
    findings.push(
      mended
        ? { ...base, outcome: 'mended', how: 'from another location' }
        : { ...base, outcome: 'left', how: refused || 'what was put there did not stay' },
    );
  }
  return findings;
}

/** A manifest names the one before it: another one that is signed in its place has been exchanged. One that is gone was retired. */
async function chainNotes({ manifest }: Believed, looked: readonly ManifestAt[], service: string): Promise<string[]> {
  const { previous, id } = manifest;
  if (!previous) return [];
  const notes = looked.map(async ({ store }) => {
    try {
      const { body } = await store.get(layout.manifest(service, previous.id), 256 * 1024 * 1024);
      if (sha256Of(body) === previous.sha256) return [];
      return [
        `ChainBroken: ${id} follows ${previous.id}, and what ${store.location} has under that id is another manifest.`,
      ];
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (error.type === 'ObjectNotFound') return [];
      return [`ChainBroken: ${previous.id}, which ${id} follows, cannot be read at ${store.location} (${error.type}).`];
    }
  });
  return (await Promise.all(notes)).flat();
}

async function recipientNotes(
  { envelopes }: SealedKeys,
  { stores }: VerifyTask,
  context: StepContext,
): Promise<string[]> {
  const known = await knownRecipients(context.plan, context.planFolder);
  return await strangersOf(envelopes, known, ({ key, sha256 }) => firstGood(stores, key, sha256));
}

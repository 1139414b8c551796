/** Step `resealKeys`: the key of every recovery point and of every shipped batch of a log, sealed to the recipients that the plan has now. */
import { z } from 'zod';
import { Refusal, refusal } from '../../domain/errors.ts';
import { layout } from '../../domain/points/recovery-point.ts';
import type { StepContext } from '../context.ts';
import { defineStep } from '../step.ts';
import type { ObjectStore } from '../storage/store.ts';
import { dropEnvelopes } from './drop-envelopes.ts';
import { envelopesAt } from './envelopes.ts';
import { type KeyPoint, type KeyPoints, keyPointsOf } from './key-points.ts';
import { recordKeyUse } from './key-uses.ts';
import { mapLimited } from './map-limited.ts';
import { recipientsOf, refuseExpired } from './recipients.ts';
import { isEverywhere, type Resealing, resealPointKey, sealedAlready } from './reseal.ts';
import { loadPinned, loadSigner } from './signer.ts';
import { loadSiteKeys } from './site-keys.ts';

const input = z.object({
  service: z.string(),
  /** The site whose worker does it: with its key, or one before it, the points are opened. */
  site: z.string(),
  locations: z.array(z.string()).min(1),
  /** Deletes envelopes that somebody can open who is no recipient any more. */
  dropOld: z.boolean().default(false),
});

export interface ResealedKeys {
  readonly outcome: string;
  readonly summary: string;
  readonly points: number;
  readonly resealed: number;
  readonly copied: number;
  /** Envelopes that were deleted, all locations together. */
  readonly dropped: number;
  /** Batches of shipped logs among the points. */
  readonly logs: number;
  /** Points and batches whose manifest or record is not believed; their keys were left alone. */
  readonly refused: number;
}

export const resealKeys = defineStep({
  kind: 'resealKeys',
  version: 1,
  input,
  title: ({ service, dropOld }) =>
    `Seal the keys of all recovery points of ${service} anew${dropOld ? ', and delete the envelopes of former recipients' : ''}`,
  shell: ({ service }) => [
    `# for every point: its sealed key out of ${layout.sealedKey(service, 'POINT', 1)}, sealed to the certificates of now`,
    'openssl cms -decrypt -inform DER -binary -inkey "$key" -in key-1.cms -out /dev/shm/point.key && seal /dev/shm/point.key key-2.cms; shred -u /dev/shm/point.key',
    '# key-2.json says to whom; sign it, then put key-2.cms, key-2.json.sig and key-2.json with If-None-Match: *',
  ],
  limits: { startToClose: 6 * 3_600_000 },
  /** Refusals `KeyExpired`, `KeyMissing`, `KeyUseNotRecorded`; `LocationAway` after the others are done. */
  async run({ service, site, locations, dropOld }, context): Promise<ResealedKeys> {
    const recipients = await recipientsOf(context.plan, context.planFolder);
    refuseExpired(recipients, new Date());
    const signers = await loadPinned(context.plan, context.planFolder);
    const signer = await loadSigner(context.plan, context.secret);
    if (!signers.fingerprints.includes(signer.fingerprint))
      throw refusal(
        'SignerUnknown',
        'The signing key of the plan is not among its pinned ones.',
        'pin its public key.',
      );
    const keys = await loadSiteKeys(context.plan, site, context.secret);
    const work: Resealing = { service, recipients, keys, signer, signers, context };

    const { stores, away } = await opened(locations, context);
    const beat = () => context.heartbeat({ text: 'reading manifests' });
    const found = await keyPointsOf(stores, service, signers, { beat });
    const answering = new Set(stores.map(({ location }) => location));
    for (const { location } of found.unreachable) answering.delete(location);
    const points = found.points.map((point) => ({
      ...point,
      stores: point.stores.filter(({ location }) => answering.has(location)),
    }));

    const todo = await stillToSeal(points, work);
    const anew = todo.filter(({ opens }) => opens).map(({ point }) => point.named.point);
    if (anew.length > 0) await recordKeyUse({ purpose: 'rotate', points: anew, site }, stores, context);
    const count = { resealed: 0, copied: 0, done: 0 };
    const shut: Refusal[] = [];
    await mapLimited(todo, 4, async ({ point }) => {
      const what = await resealPointKey(point.named, point.stores, { ...work, service: point.under }).catch((error) =>
        keyMissing(error),
      );
      if (what instanceof Refusal) shut.push(what);
      if (what === 're-sealed') count.resealed += 1;
      if (what === 'copied') count.copied += 1;
      count.done += 1;
      context.heartbeat({ text: `${count.done} of ${todo.length} points`, done: count.done / todo.length });
    });
    refuseShut(shut, site, count.resealed);
    const dropped = dropOld ? await dropEnvelopes(points, work) : { count: 0, note: '' };
    refuseAway([...away, ...found.unreachable], count.resealed, context);
    return answer(points, count, dropped, found);
  },
});

/** Locations that cannot even be opened are named at the end, when the others are done. */
async function opened(locations: readonly string[], context: StepContext) {
  const stores: ObjectStore[] = [];
  const away: { location: string; why: string }[] = [];
  for (const location of locations) {
    try {
      stores.push(await context.store(location));
    } catch (error) {
      away.push({ location, why: error instanceof Error ? error.message : String(error) });
    }
  }
  return { stores, away };
}

/** Points that are not yet the same everywhere; `opens`: their private key is needed. */
async function stillToSeal(points: readonly KeyPoint[], { signers, recipients, context }: Resealing) {
  const looked = await mapLimited(points, 8, async (point) => {
    context.heartbeat({ text: 'looking at sealed keys' });
    const seen = await Promise.all(point.stores.map((store) => envelopesAt(store, point.under, point.named, signers)));
    const good = sealedAlready(seen, recipients);
    return { point, opens: good === undefined, done: good !== undefined && isEverywhere(seen, good) };
  });
  return looked.filter(({ done }) => !done);
}

/** One point that does not open holds none of the others up. */
function keyMissing(error: unknown): Refusal {
  if (error instanceof Refusal && error.type === 'KeyMissing') return error;
  throw error;
}

function refuseShut([first, ...others]: readonly Refusal[], site: string, resealed: number): void {
  if (!first) return;
  throw refusal(
    'KeyMissing',
    `The keys that ${site} has here do not open ${1 + others.length} recovery points; ${resealed} others were sealed anew. ${first.message}`,
    'name the key before under sites.SITE.previousKeys, or rotate at the other site: muster keys rotate SERVICE --from SITE.',
  );
}

/** A rotation that left a location out is not done, and must not look as if it were. */
function refuseAway(away: KeyPoints['unreachable'], resealed: number, context: StepContext): void {
  const [first] = away;
  if (!first) return;
  throw refusal(
    'LocationAway',
    `${away.map(({ location }) => location).join(', ')} did not answer (${first.why}); at the others ${resealed} keys were sealed anew.`,
    'retry this step when it answers: what is done is passed over.',
    { step: context.step },
  );
}

function answer(
  points: readonly KeyPoint[],
  { resealed, copied }: { resealed: number; copied: number },
  dropped: { count: number; note: string },
  { refused }: KeyPoints,
): ResealedKeys {
  const [first] = refused;
  const logs = points.filter(({ log }) => log !== undefined).length;
  const batches = logs > 0 ? ` and ${logs} batches of shipped logs` : '';
  const summary = [
    `The keys of ${points.length - logs} recovery points${batches} are sealed to the plan's recipients: ${resealed} anew, ${copied} copied, the others were already.`,
    dropped.count > 0 ? `${dropped.count} envelopes of former recipients were deleted.` : '',
    dropped.note,
    first
      ? `${refused.length} manifests or records are not believed and their keys were left, the first ${first.id} at ${first.location}.`
      : '',
  ];
  return {
    outcome: outcomeOf(resealed, copied, dropped.count),
    summary: summary.filter(Boolean).join(' '),
    points: points.length,
    logs,
    resealed,
    copied,
    dropped: dropped.count,
    refused: refused.length,
  };
}

function outcomeOf(resealed: number, copied: number, dropped: number): string {
  const parts = [
    [resealed, 'sealed anew'],
    [copied, 'copied'],
    [dropped, 'deleted'],
  ] as const;
  const said = parts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  return said.join(', ') || 'done already';
}

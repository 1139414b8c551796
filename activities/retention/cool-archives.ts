/** Step `coolArchives`: moves archives that no quick recovery needs to a colder storage class, in place. Their keys and bytes stay the same. */
import { z } from 'zod';
import { refusal } from '../../domain/errors.ts';
import type { ColdRule } from '../../domain/plan/retention.ts';
import { layout } from '../../domain/points/recovery-point.ts';
import { type ClassedObject, type ColdMove, coldMoves } from '../../domain/retention/cold.ts';
import type { StepContext } from '../context.ts';
import { mapLimited } from '../points/map-limited.ts';
import { defineStep } from '../step.ts';
import type { ObjectStore } from '../storage/store.ts';
import { StoodAside, standingAside } from './stand-aside.ts';
import { surveyFor } from './survey.ts';

const input = z.object({
  service: z.string(),
  location: z.string(),
  locations: z.array(z.string()).min(1),
  /** ms */
  grace: z.number(),
  cold: z.array(
    z.custom<ColdRule>((value) => typeof (value as ColdRule)?.class === 'string', { error: 'a rule of `cold`' }),
  ),
});

export const coolArchives = defineStep({
  kind: 'coolArchives',
  version: 1,
  input,
  title: ({ service, location }) => `Move archives of ${service} at ${location} that no quick recovery needs`,
  shell: ({ service, cold }) =>
    cold.map(
      (rule) =>
        `aws s3api copy-object --copy-source BUCKET/KEY --copy-source-if-match ETAG --bucket BUCKET --key ${layout.archives(service)}... --storage-class ${rule.class}`,
    ),
  limits: { startToClose: 4 * 3_600_000 },
  async run({ service, location, locations, grace, cold }, context) {
    const mayGoOn = standingAside(context);
    const count = { moved: 0, locked: 0 };
    const said = () => {
      const locked = count.locked > 0 ? ` ${count.locked} are locked: a copy would lie beside them until then.` : '';
      return `${location}: ${count.moved} parts moved to ${cold.map((rule) => rule.class).join(' or ')}.${locked}`;
    };
    try {
      await mayGoOn();
      const seen = await surveyFor({ service, locations }, context);
      const place = seen.places.find(({ store }) => store.location === location);
      if (!place)
        throw refusal('LocationUnknown', `The plan has no storage location ${location}.`, 'correct the plan.');
      if (!place.store.moveToClass) {
        throw refusal('ClassUnknown', `${location} has no storage classes.`, 'take it out of retention.cold.');
      }
      const objects: ClassedObject[] = [];
      for await (const each of place.store.list(layout.archives(service))) objects.push(each);
      const { manifests } = place;
      const facts = { location, service, manifests, points: seen.points, now: Date.now(), grace };
      // What an unreadable manifest needs is not known: then all stays warm.
      const moves = place.unsure.length > 0 ? [] : coldMoves(objects, cold, facts);
      await mapLimited(moves, 8, async (move) => {
        await mayGoOn();
        const done = await cool(place.store, move, context);
        count[done] += 1;
        context.heartbeat({ text: `${count.moved} of ${moves.length} parts`, done: count.moved / moves.length });
      });
      return { outcome: 'moved', summary: said(), ...count };
    } catch (error) {
      if (!(error instanceof StoodAside)) throw error;
      return { outcome: 'stood aside', summary: `${said()} It stood aside, because ${error.message}.`, ...count };
    }
  },
});

/** Out: `locked` where a lock would keep the warm version beside the cold one. */
async function cool(
  store: ObjectStore,
  { key, etag, to }: ColdMove,
  context: StepContext,
): Promise<'moved' | 'locked'> {
  const until = await store.lockedUntil?.(key);
  if (until && until.getTime() > Date.now()) return 'locked';
  const before = await store.head(key);
  context.assertCurrent();
  const moved = await store.moveToClass?.(key, etag, to);
  const after = await store.head(key);
  if (
    moved?.outcome !== 'moved' ||
    before?.etag !== etag ||
    after?.bytes !== before.bytes ||
    after.storageClass !== to
  ) {
    throw refusal(
      'ObjectChanged',
      `${key} at ${store.location} is not what it was before it was moved to ${to}.`,
      'verify the points that need it, and find out who can write there.',
    );
  }
  if (before.versionId && after.versionId !== before.versionId) {
    context.assertCurrent();
    await store.deleteVersion?.(key, before.versionId);
  }
  return 'moved';
}

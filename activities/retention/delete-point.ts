/**
 * Step `deletePoint`: one point goes from every location because a person says so. Its manifest goes now. Its archives stay for the grace time,
 * since a backup that began before may refer to them; then retention sweeps what nobody needs.
 */
import { z } from 'zod';
import { formatDuration } from '../../domain/duration.ts';
import { refusal } from '../../domain/errors.ts';
import { layout, pointIdSchema } from '../../domain/points/recovery-point.ts';
import type { RetainablePoint } from '../../domain/points/retainable-point.ts';
import { defineStep } from '../step.ts';
import { dropPoint } from './drop-point.ts';
import { refuseBesideOthers, standingAside } from './stand-aside.ts';
import { type Survey, surveyFor } from './survey.ts';

const input = z.object({
  service: z.string(),
  point: pointIdSchema,
  locations: z.array(z.string()).min(1),
  /** ms; absent where the plan has no retention, and nothing is ever swept. */
  grace: z.number().optional(),
  reason: z.string(),
  by: z.string(),
});
type Input = z.output<typeof input>;

export const deletePoint = defineStep({
  kind: 'deletePoint',
  version: 1,
  input,
  title: ({ service, point }) => `Delete recovery point ${point} of ${service}`,
  shell: ({ service, point, reason }) => [
    `muster delete ${service} ${point} --yes --reason '${reason.replaceAll("'", "'\\''")}'`,
    `# at each location: aws s3api delete-object --key ${layout.manifest(service, point)} --version-id VERSION`,
  ],
  limits: { startToClose: 1_800_000 },
  async run(wanted, context) {
    const { service, point, reason, by } = wanted;
    await refuseBesideOthers(context);
    const seen = await surveyFor(wanted, context);
    const there = seen.places.filter(({ objects }) =>
      objects.some(({ key }) => key === layout.manifest(service, point)),
    );
    const said = seen.marks.get(point) ?? [];
    if (there.length === 0) {
      if (said.some(({ state, run }) => state === 'dropped' && run === context.run))
        return answer(wanted, 'deleted already');
      throw refusal('PointNotFound', `No location has ${point}.`, `muster points ${service} lists what there is.`);
    }
    refuseNeeded(seen, point);
    await refuseLocked(wanted, there);
    const sha256 = seen.found.find(({ manifest }) => manifest.id === point)?.sha256 ?? '';
    for (const place of there) {
      const [kept] = await dropPoint(place, point, { how: reason, sha256, by }, context, standingAside(context));
      if (!kept) continue;
      throw refusal(
        'DeleteRefused',
        `${place.store.location} did not delete ${point}: ${kept.why}`,
        'give this worker the right to delete, then retry the step.',
      );
    }
    return answer(wanted, 'deleted');
  },
});

/** @throws PointPinned, LastProven, LastPoint */
function refuseNeeded({ points }: Survey, id: string): void {
  const point = points.find((each) => each.id === id);
  // Damaged everywhere, or not the same everywhere: nothing can be restored from it, and a person wants it gone.
  if (!point) return;
  if (point.pinned) {
    throw refusal(
      'PointPinned',
      `${id} is pinned by ${point.pinned.by}: ${point.pinned.why}.`,
      'muster unpin, if that is over.',
    );
  }
  const others = points.filter((each) => each.id !== id && !each.quarantined);
  const alone = (some: readonly RetainablePoint[]) =>
    point.components.filter((name) => !some.some(({ components }) => components.includes(name)));
  const [last] = alone(others);
  if (last) {
    throw refusal('LastPoint', `${id} is the last point that has ${last}.`, 'take another backup first.');
  }
  const [proven] = point.proven && !point.quarantined ? alone(others.filter((each) => each.proven)) : [];
  if (proven) {
    throw refusal(
      'LastProven',
      `${id} is the last point from which ${proven} was proven to restore.`,
      'prove another one first.',
    );
  }
}

/** @throws PointLocked before anything is deleted, rather than half of the locations */
async function refuseLocked({ service, point }: Input, places: Survey['places']): Promise<void> {
  for (const { store } of places) {
    const until = await store.lockedUntil?.(layout.manifest(service, point));
    if (!until || until.getTime() <= Date.now()) continue;
    throw refusal(
      'PointLocked',
      `${store.location} keeps ${point} under a lock until ${until.toISOString()}.`,
      'wait until then; that is what the lock is for.',
    );
  }
}

function answer({ point, grace }: Input, outcome: string) {
  const archives =
    grace === undefined
      ? 'Its archives stay: the plan has no retention that would sweep them.'
      : `What nobody else needs of its archives goes with the first retention after ${formatDuration(grace)}.`;
  return { outcome, summary: `${point} is deleted at every location. ${archives}` };
}

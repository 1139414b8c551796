/** Step `reseedLocation`: fills a storage location that has lost its recovery points from the others, newest first. */
import { z } from 'zod';
import { Refusal } from '../../domain/errors.ts';
import { standingOf } from '../../domain/points/point-state.ts';
import { pointIdSchema } from '../../domain/points/recovery-point.ts';
import type { StepContext } from '../context.ts';
import { defineStep } from '../step.ts';
import type { ObjectStore } from '../storage/store.ts';
import { copyPoint } from './copy-point.ts';
import { pointIdsAt } from './list-points.ts';
import { loadPinned } from './signer.ts';
import { openAnswering } from './verify/locations.ts';
import { manifestsOf, saidOf } from './verify/manifests.ts';
import { marksAt } from './verify/marks.ts';

const input = z.object({
  service: z.string(),
  to: z.string(),
  /** Nearest first. */
  from: z.array(z.string()).min(1),
  /** Only this one; every point where absent. */
  point: pointIdSchema.optional(),
});

export interface Reseeded {
  readonly outcome: string;
  readonly summary: string;
  readonly copied: string[];
  /** Points that were not brought over, and why. */
  readonly left: { readonly point: string; readonly why: string }[];
}

export const reseedLocation = defineStep({
  kind: 'reseedLocation',
  version: 1,
  input,
  title: ({ to, from, point }) => `Bring ${point ?? 'every recovery point'} to ${to} from ${from.join(' or ')}`,
  shell: ({ service, to, from }) => [
    `aws s3 sync s3://${from[0]}/${service}/ s3://${to}/${service}/  # manifests last`,
  ],
  limits: { startToClose: 24 * 3_600_000 },
  async run({ service, to, from, point }, context): Promise<Reseeded> {
    const target = await context.store(to);
    const { stores: sources } = await openAnswering(from, service, context);
    const ids = await Promise.all(sources.map((store) => pointIdsAt(store, service)));
    const wanted = [...new Set(ids.flat())].sort().reverse();
    const { copied, left } = resumed(context.resumeFrom);
    for (const id of wanted.filter((each) => each === (point ?? each))) {
      if (copied.includes(id) || left.some((each) => each.point === id)) continue;
      const text = `${copied.length + left.length} of ${wanted.length} points`;
      context.heartbeat({ text, done: (copied.length + left.length) / wanted.length, resume: { copied, left } });
      const why = await bring(id, service, sources, target, context);
      if (why === 'is no recovery point') continue;
      if (why === '') copied.push(id);
      else left.push({ point: id, why });
    }
    const outcome = `${copied.length} there${left.length > 0 ? `, ${left.length} not brought over` : ''}`;
    const missing = left.map((each) => `${each.point}: ${each.why}.`).slice(0, 5);
    return { outcome, summary: [`${to}: ${outcome}.`, ...missing].join(' '), copied, left };
  },
});

/** Empty when the point is there now; else why not. A point that is not whole at one source is taken from the next. */
async function bring(
  id: string,
  service: string,
  sources: readonly ObjectStore[],
  target: ObjectStore,
  context: StepContext,
): Promise<string> {
  const signers = await loadPinned(context.plan, context.planFolder);
  const { marks } = await marksAt([...sources, target], service, id, signers);
  const { believed, at } = await manifestsOf(sources, service, id, signers, marks);
  if (!believed) return 'is no recovery point';
  if (saidOf(marks).dropped.has(target.location)) return 'it was taken away from there on purpose';
  const locations = at.map(({ store }) => store.location);
  const { state, quarantine } = standingOf({ sha256: believed.sha256, locations }, marks, { copies: 1 });
  if (state === 'quarantined') return `it is quarantined (${quarantine})`;
  const troubles: string[] = [];
  for (const { store } of at.filter((each) => each.state === 'good')) {
    try {
      const copy = { service, point: id, from: store.location, to: target.location };
      await copyPoint.run(copy, { ...context, outputs: {}, resumeFrom: undefined });
      return '';
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      troubles.push(error.message);
    }
  }
  return troubles[0] ?? 'no location has it whole';
}

const resumeSchema = z.object({
  copied: z.array(pointIdSchema),
  left: z.array(z.object({ point: pointIdSchema, why: z.string() })),
});

function resumed(from: unknown): z.infer<typeof resumeSchema> {
  const { data } = resumeSchema.safeParse(from);
  return data ?? { copied: [], left: [] };
}

/**
 * Step `applyRetention`: deletes at one location what the rules drop and what belongs to nobody.
 *
 * The manifest of a point goes first and its archives last, so an interruption at any moment leaves every manifest with all that
 * it needs; what is left over is debris, and the next run finds it. Before anything is deleted: no other run of the service goes on, and
 * the manifests were read again.
 */
import { z } from 'zod';
import { refusal } from '../../domain/errors.ts';
import { layout } from '../../domain/recovery-point.ts';
import { defineStep } from '../step.ts';
import { dropPoint } from './drop-point.ts';
import type { Kept } from './erase.ts';
import { type Prospect, prospects } from './prospect.ts';
import { retentionInput } from './retention-input.ts';
import { StoodAside, standingAside } from './stand-aside.ts';
import { surveyFor as look, type Survey } from './survey.ts';
import { sweep, sweepMarks } from './sweep.ts';

const input = z.object({
  service: z.string(),
  /** Where it deletes. */
  location: z.string(),
  /** All of the plan: whether a point is the last of its kind is known only from all of them. */
  locations: z.array(z.string()).min(1),
  retention: retentionInput,
  budget: z.number().int().nonnegative().optional(),
});
type Input = z.output<typeof input>;

export interface Applied {
  readonly outcome: string;
  readonly summary: string;
  readonly location: string;
  readonly points: number;
  readonly objects: number;
  readonly bytes: number;
  /** What the store did not let go, the first few. */
  readonly kept: readonly Kept[];
}

export const applyRetention = defineStep({
  kind: 'applyRetention',
  version: 1,
  input,
  title: ({ service, location }) => `Delete at ${location} what ${service} keeps no longer`,
  shell: ({ service, location }) => [
    `# muster retention ${service} names what goes at ${location}, and why; a manifest goes first, its archives last`,
    `aws s3api delete-object --bucket BUCKET --key ${layout.manifest(service, 'POINT')} --version-id VERSION`,
    `aws s3api delete-object --bucket BUCKET --key ${layout.archives(service)}POINT/... --version-id VERSION`,
  ],
  limits: { startToClose: 4 * 3_600_000 },
  async run(wanted, context): Promise<Applied> {
    const mayGoOn = standingAside(context);
    const count = { points: 0, objects: 0, bytes: 0 };
    const kept: Kept[] = [];
    try {
      await mayGoOn();
      const seen = await look(wanted, context);
      const mine = await prospectOf(wanted, seen);
      for (const { point, why } of mine.drops) {
        context.heartbeat({ text: `${count.points} of ${mine.drops.length} points` });
        const how = why.join('; ');
        const refused = await dropPoint(mine.place, point, { how, sha256: shaOf(seen, point) }, context, mayGoOn);
        kept.push(...refused);
        if (refused.length === 0) count.points += 1;
      }
      const foreseen = new Set(mine.debris.map(({ key }) => key));
      const sweeping = { ...wanted, context, mayGoOn, count, kept };
      const after = foreseen.size > 0 ? await look(wanted, context) : seen;
      await sweep(after, foreseen, sweeping);
      await sweepMarks(after, sweeping);
      return answer(wanted, count, kept);
    } catch (error) {
      if (!(error instanceof StoodAside)) throw error;
      const { summary, ...rest } = answer(wanted, count, kept);
      const aside = `${summary} It stood aside, because ${error.message}; the rest goes next time.`;
      return { ...rest, outcome: 'stood aside', summary: aside };
    }
  },
});

/** @throws RetentionUnsure, BudgetExceeded */
async function prospectOf({ service, location, retention, budget }: Input, seen: Survey): Promise<Prospect> {
  const all = await prospects(seen, retention, { now: Date.now(), budget });
  const mine = all.find(({ place }) => place.store.location === location) as Prospect;
  const [unsure] = mine.place.unsure;
  if (unsure) {
    throw refusal(
      'RetentionUnsure',
      `Nothing is deleted at ${location}: ${unsure} What it needs is not known.`,
      `mend it from another location, or give it up: muster delete ${service} POINT --reason WHY.`,
    );
  }
  if (mine.overBudget) {
    throw refusal(
      'BudgetExceeded',
      `${mine.overBudget}.`,
      `look at muster retention ${service}; if that is meant, end this run and start it with --budget ${mine.toll.points}.`,
    );
  }
  return mine;
}

function shaOf({ found }: Survey, point: string): string {
  return found.find(({ manifest }) => manifest.id === point)?.sha256 ?? '';
}

function answer({ location }: Input, count: { points: number; objects: number; bytes: number }, kept: Kept[]): Applied {
  const points = `${count.points} recovery point${count.points === 1 ? '' : 's'}`;
  const held = kept.length > 0 ? ` The store kept ${kept.length} objects: ${kept[0]?.why}` : '';
  return {
    outcome: kept.length > 0 ? 'deleted in part' : 'deleted',
    summary: `${location}: ${points} and ${count.objects} objects (${Math.round(count.bytes / 100_000) / 10} MB) deleted.${held}`,
    location,
    ...count,
    kept: kept.slice(0, 20),
  };
}

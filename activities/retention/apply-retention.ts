/**
 * Step `applyRetention`: deletes at one location what the rules drop and what belongs to nobody.
 *
 * The manifest of a point goes first and its archives last, so an interruption at any moment leaves every manifest with all that
 * it needs; what is left over is debris, and the next run finds it. Before anything is deleted: no other run of the service goes on, and
 * the manifests were read again.
 */
import { z } from 'zod';
import { refusal } from '../../domain/errors.ts';
import { layout } from '../../domain/points/recovery-point.ts';
import type { LogVerdict } from '../../domain/retention/logs.ts';
import { defineStep } from '../step.ts';
import { dropPoint } from './drop-point.ts';
import type { Kept } from './erase.ts';
import { judgeLogs, sweepLogs } from './logs.ts';
import { type Prospect, prospects, without } from './prospect.ts';
import { retentionInput } from './retention-input.ts';
import { StoodAside, standingAside } from './stand-aside.ts';
import { surveyFor as look, type Survey, type SurveyedPlace } from './survey.ts';
import { type Sweeping, sweep, sweepMarks } from './sweep.ts';

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
  /** Batches of shipped logs. */
  readonly logs: number;
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
    const count = { points: 0, objects: 0, bytes: 0, logs: 0 };
    const kept: Kept[] = [];
    try {
      await mayGoOn();
      const seen = await look(wanted, context);
      const all = await prospects(seen, wanted.retention, { now: Date.now(), budget: wanted.budget });
      const mine = foreseenHere(wanted, all);
      for (const { point, why } of mine.drops) {
        context.heartbeat({ text: `${count.points} of ${mine.drops.length} points` });
        const how = why.join('; ');
        const refused = await dropPoint(mine.place, point, { how, sha256: shaOf(seen, point) }, context, mayGoOn);
        kept.push(...refused);
        if (refused.length === 0) count.points += 1;
      }
      const oldLogs = mine.logs.filter(({ keep }) => !keep);
      const foreseen = new Set([...mine.debris, ...oldLogs.flatMap(({ objects }) => objects)].map(({ key }) => key));
      const sweeping = { ...wanted, context, mayGoOn, count, kept };
      const after = foreseen.size > 0 ? await look(wanted, context) : seen;
      await sweep(after, foreseen, sweeping);
      await sweepMarks(after, sweeping);
      if (oldLogs.length > 0) await sweepLogs(mine.place.store, await stillOld(oldLogs, after, all, wanted), sweeping);
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
function foreseenHere({ service, location }: Input, all: readonly Prospect[]): Prospect {
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

/** Of the batches that were foreseen: those that no point needs now that the manifests here have gone, or have not. */
async function stillOld(
  foreseen: readonly LogVerdict[],
  after: Survey,
  all: readonly Prospect[],
  { location, retention }: Input,
): Promise<LogVerdict[]> {
  const now = Date.now();
  const places = after.places.map((place) => {
    const { drops } = all.find((each) => each.place.store.location === place.store.location) as Prospect;
    return place.store.location === location ? place : without(place, drops, new Date(now).toISOString());
  });
  const here = places.find(({ store }) => store.location === location) as SurveyedPlace;
  const names = new Set(foreseen.map(({ component, batch }) => `${component} ${batch}`));
  const verdicts = await judgeLogs(here, places, after.signers, { now, grace: retention.grace });
  return verdicts.filter(({ keep, component, batch }) => !keep && names.has(`${component} ${batch}`));
}

function shaOf({ found }: Survey, point: string): string {
  return found.find(({ manifest }) => manifest.id === point)?.sha256 ?? '';
}

function answer({ location }: Input, count: Sweeping['count'] & { points: number }, kept: Kept[]): Applied {
  const points = `${count.points} recovery point${count.points === 1 ? '' : 's'}`;
  const logs = count.logs > 0 ? `, ${count.logs} batches of shipped logs` : '';
  const held = kept.length > 0 ? ` The store kept ${kept.length} objects: ${kept[0]?.why}` : '';
  return {
    outcome: kept.length > 0 ? 'deleted in part' : 'deleted',
    summary: `${location}: ${points}${logs} and ${count.objects} objects (${Math.round(count.bytes / 100_000) / 10} MB) deleted.${held}`,
    location,
    ...count,
    kept: kept.slice(0, 20),
  };
}

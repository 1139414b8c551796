/** One point at every location, with what was said of it. */
import { Refusal, refusal } from '../../domain/errors.ts';
import type { Mark } from '../../domain/points/recovery-point.ts';
import type { RetainablePoint } from '../../domain/points/retainable-point.ts';
import { type FoundPoint, retainableOf } from '../../domain/retention/marks.ts';
import type { StepContext } from '../context.ts';
import { readMarks } from '../points/marks.ts';
import { readManifestAt } from '../points/read-manifest.ts';
import { loadPinned } from '../points/signer.ts';

export interface SurveyedPoint {
  readonly found: FoundPoint;
  readonly point: RetainablePoint;
  readonly marks: readonly Mark[];
}

/** Refusals `PointNotFound`, `PointDiffers`; a passing fault where a location does not answer. */
export async function surveyPoint(
  { service, point, locations }: { service: string; point: string; locations: readonly string[] },
  context: StepContext,
): Promise<SurveyedPoint> {
  const signers = await loadPinned(context.plan, context.planFolder);
  const looks = await Promise.all(
    locations.map(async (name) => {
      const store = await context.store(name);
      const marks = await readMarks(store, service, point, signers);
      try {
        return { marks, ...(await readManifestAt(store, service, point, signers)) };
      } catch (error) {
        if (!(error instanceof Refusal) || error.type === 'StoreDenied') throw error;
        return { marks, why: error.message };
      }
    }),
  );
  const good = looks.flatMap((each) => ('manifest' in each ? [each] : []));
  const [first] = good;
  if (!first) {
    const why = looks.flatMap((each) => ('why' in each ? [each.why] : [])).join(' ');
    throw refusal(
      'PointNotFound',
      `${point} is good at no location. ${why}`,
      `muster points ${service} lists what there is.`,
    );
  }
  if (good.some(({ sha256 }) => sha256 !== first.sha256)) {
    throw refusal('PointDiffers', `${point} is not the same at every location.`, 'find out who can write there.');
  }
  const marks = looks.flatMap((each) => each.marks);
  const found = { manifest: first.manifest, sha256: first.sha256, locations: good.map(({ location }) => location) };
  const copies = Math.min(context.plan.copies, locations.length);
  return { found, marks, point: retainableOf(found, marks, { copies }) };
}

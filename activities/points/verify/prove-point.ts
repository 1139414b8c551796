/** Step `provePoint`: what the restores of all components showed becomes a mark: proven, or quarantined. */
import { z } from 'zod';
import { refusal } from '../../../domain/errors.ts';
import type { Mark } from '../../../domain/points/recovery-point.ts';
import type { Verification } from '../../../domain/points/verification.ts';
import type { StepOutput } from '../../../domain/run/protocol.ts';
import { pinnedPoint } from '../../archives/component-input.ts';
import { defineStep } from '../../step.ts';
import { outputsLike } from '../prepared.ts';
import { readManifest } from '../read-manifest.ts';
import { loadPinned } from '../signer.ts';
import { openAnswering } from './locations.ts';
import { addMarks, marksAt, type NewMark } from './marks.ts';
import { type Tested, testedSchema } from './test-restore.ts';

const input = z.object({
  service: z.string(),
  point: pinnedPoint,
  /** Nearest first, as the restores read them. */
  locations: z.array(z.string()).min(1),
});

export const provePoint = defineStep({
  kind: 'provePoint',
  version: 1,
  input,
  title: ({ point }) => `Say of ${point.id} what its restores have shown`,
  shell: ({ point }) => [`# sign and put a mark: ${point.id} proven, or quarantined`],
  limits: { startToClose: 300_000 },
  /** Refusal `StepOrder` where no component was tested. */
  async run({ service, point, locations }, context): Promise<Verification & StepOutput> {
    const tested = outputsLike(testedSchema, context.outputs);
    if (tested.length === 0)
      throw refusal('StepOrder', 'No component was tested; its step was skipped.', 'start it again.');
    const { stores } = await openAnswering(locations, service, context);
    const signers = await loadPinned(context.plan, context.planFolder);
    const { manifest } = await readManifest(stores, service, point, signers);
    const missing = manifest.components
      .map(({ component }) => component)
      .filter((name) => !tested.some(({ component, verdict }) => component === name && verdict !== 'cannot'));
    const bad = tested.filter(({ verdict }) => verdict === 'bad');
    const { marks } = await marksAt(stores, service, point.id, signers);
    const wanted = marksFor(tested, bad, missing, locations, marks);
    await addMarks({ ...point, service }, wanted, marks, stores, context);
    return outputOf({ service, point: point.id, tested, bad, missing });
  },
});

/**
 * Components that could not be tested, or that the plan no longer has, leave the point as it was. A test that is passed takes back what
 * an earlier look said, never what a person did.
 */
function marksFor(
  tested: readonly Tested[],
  bad: readonly Tested[],
  missing: readonly string[],
  locations: string[],
  before: readonly Mark[],
): NewMark[] {
  if (bad.length > 0) {
    const how = `restored into a scratch place, and wrong: ${bad.map(({ component, why }) => `${component}: ${why}`).join('; ')}`;
    return [{ state: 'quarantined', locations, depth: 'full', how: how.slice(0, 1_000) }];
  }
  if (missing.length > 0) return [];
  const each = tested.map(({ component, host, why }) => `${component} on ${host} (${why})`).join('; ');
  const how = `restored into a scratch place and removed again: ${each}`.slice(0, 1_000);
  const verdict = before
    .toSorted((a, b) => a.at.localeCompare(b.at))
    .findLast(({ state }) => state === 'quarantined' || state === 'released');
  const acquitted = verdict?.state === 'quarantined' && !verdict.by;
  return [
    ...(acquitted ? [{ state: 'released' as const, locations, how: 'a later test restored all of it' }] : []),
    { state: 'proven', locations: locations.slice(0, 1), depth: 'full', how },
  ];
}

interface Shown {
  readonly service: string;
  readonly point: string;
  readonly tested: readonly Tested[];
  readonly bad: readonly Tested[];
  readonly missing: readonly string[];
}

function outputOf({ service, point, tested, bad, missing }: Shown): Verification & StepOutput {
  const outcome = bad.length > 0 ? `${point} quarantined` : missing.length > 0 ? 'not proven' : 'proven';
  const notes = [
    ...bad.map(({ component, why }) => `${component}: ${why}`),
    ...missing.map((name) => `${name} was not tested, so ${point} is not proven.`),
    ...tested.flatMap(({ component, verdict, why }) => (verdict === 'cannot' ? [`${component}: ${why}`] : [])),
  ];
  const alone = tested.reduce((sum, each) => sum + each.alone, 0);
  const output = {
    outcome,
    summary: `Recovery point ${point} of ${service}: ${outcome}; ${tested.length} components restored, ${alone} files also alone.${notes.length > 0 ? ` ${notes.join(' ')}` : ''}`,
    points: 1,
    looks: tested.map(({ component, host, verdict, entries, bytes, why }) => ({
      ...{ point, location: `${component} on ${host}`, objects: entries, bytes, why },
      ...{ bad: verdict === 'bad' ? 1 : 0, mended: 0 },
      state:
        verdict === 'good' ? ('good' as const) : verdict === 'bad' ? ('damaged' as const) : ('not reached' as const),
    })),
    ...{ findings: [], findingsLeftOut: 0, released: [], notes },
    quarantined: bad.length > 0 ? [{ point, lost: bad.map(({ component, why }) => `${component}: ${why}`) }] : [],
  };
  if (bad.length === 0) return output;
  const alarm = `${service}: ${point} does not restore as it was: ${bad.map(({ why }) => why).join(' ')} It is not restored any more; a new full backup is started.`;
  const reason = `a test of ${point} failed`;
  return {
    ...output,
    alarm,
    validate: 'full',
    follow: { procedure: 'backup', label: 'after-incident', reason, backup: { kind: 'full' } },
  };
}

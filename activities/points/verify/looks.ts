/** What was seen of one point at one location, in one line of the table. */
import { layout } from '../../../domain/points/recovery-point.ts';
import type { Finding, Look } from '../../../domain/points/verification.ts';
import type { ObjectsProgress, Tally } from './check-objects.ts';
import { type ManifestAt, saidOf } from './manifests.ts';
import type { PointMarks } from './marks.ts';
import type { PointVerdict } from './verdict.ts';

export function lookOf(
  id: string,
  { store, state, why }: ManifestAt,
  result: ObjectsProgress,
  findings: readonly Finding[],
): Look {
  const { location } = store;
  const tally: Tally = result.tallies[location] ?? { objects: 0, bytes: 0, bad: 0, mended: 0, cold: 0 };
  const here = findings.filter((finding) => finding.location === location && finding.outcome !== 'noted');
  const left = tally.bad > tally.mended || here.some(({ outcome }) => outcome === 'left' || outcome === 'lost');
  const extra = here.filter(({ what }) => what === 'manifest' || what.startsWith('mark '));
  const base = {
    point: id,
    location,
    objects: tally.objects + (state === 'absent' ? 0 : 1),
    bytes: tally.bytes,
    bad: tally.bad + extra.length,
    mended: tally.mended + extra.filter(({ outcome }) => outcome === 'mended').length,
    ...(why ? { why } : {}),
  };
  if (state === 'absent') return { ...base, state: 'absent' };
  if (state === 'other') return { ...base, state: 'not believed' };
  return { ...base, state: left ? 'damaged' : base.mended > 0 ? 'mended' : 'good' };
}

/** No location has a manifest that is believed. With marks it was a point, and all of it is lost. */
export function unbelieved(
  id: string,
  service: string,
  at: readonly ManifestAt[],
  { marks }: PointMarks,
): PointVerdict | undefined {
  const there = at.filter(({ state }) => state !== 'absent');
  const wasPoint = saidOf(marks).whole.size > 0;
  if (there.length === 0 && !wasPoint) return undefined;
  const object = layout.manifest(service, id);
  const outcome = wasPoint ? 'lost' : 'noted';
  return {
    looks: at.map(({ store, why }) => {
      const figures = { objects: 1, bytes: 0, bad: 1, mended: 0 };
      return { point: id, location: store.location, state: 'not believed', ...figures, ...(why ? { why } : {}) };
    }),
    findings: at.map(({ store, why = 'the manifest is not there' }) => {
      return { point: id, location: store.location, object, what: 'manifest', why, outcome };
    }),
    lost: wasPoint ? ['the manifest'] : [],
    lostKeys: [],
    released: false,
    notes: wasPoint
      ? []
      : [`${id} was not written by anybody the plan trusts, or never finished; it is no recovery point.`],
  };
}

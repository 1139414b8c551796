/** A recovery point as retention sees it, out of its manifest and of what was said of it. Pure. */
import { type StandingNeeds, standingOf } from '../points/point-state.ts';
import { atLeast } from '../points/point-states.ts';
import { copiesApart, type Manifest, type Mark } from '../points/recovery-point.ts';
import type { RetainablePoint } from '../points/retainable-point.ts';

export interface FoundPoint {
  readonly manifest: Manifest;
  readonly sha256: string;
  /** Where this manifest, byte for byte, is good. */
  readonly locations: readonly string[];
}

/** As much of a manifest as retention looks at. */
interface RetainableManifest extends Pick<Manifest, 'id' | 'takenAt' | 'label' | 'kind' | 'role'> {
  readonly components: readonly ({ readonly component: string } & Parameters<typeof copiesApart>[0][number])[];
}

/** @param marks  of this id, from every location, in any order */
export function retainableOf(
  found: Omit<FoundPoint, 'manifest'> & { readonly manifest: RetainableManifest },
  marks: readonly Mark[],
  needs: StandingNeeds,
): RetainablePoint {
  const { manifest, sha256 } = found;
  const said = marks.filter((mark) => mark.manifest === sha256).toSorted((a, b) => a.at.localeCompare(b.at));
  const { at, enough, state } = standingOf(
    { sha256, locations: [...found.locations], copiesApart: copiesApart(manifest.components) },
    said,
    needs,
  );
  const reached = (wanted: 'verified' | 'proven') => Object.values(at).some((each) => atLeast(each, wanted));
  const quarantine = said.findLast((mark) => mark.state === 'quarantined');
  const pin = said.findLast((mark) => mark.state === 'pinned' || mark.state === 'unpinned');
  return {
    id: manifest.id,
    takenAt: manifest.takenAt,
    label: manifest.label,
    kind: manifest.kind,
    role: manifest.role,
    components: manifest.components.map(({ component }) => component),
    replicated: enough,
    verified: reached('verified'),
    proven: reached('proven'),
    ...(state === 'quarantined' && quarantine ? { quarantined: quarantine.at } : {}),
    ...(pin?.state === 'pinned' ? { pinned: { by: pin.by ?? 'unknown', why: pin.how } } : {}),
    at: Object.fromEntries(found.locations.map((name) => [name, { damaged: at[name] === 'damaged' }])),
  };
}

/** From where an id was taken away on purpose, when last, and by which person if it was one. */
export type DroppedFrom = Readonly<Record<string, { readonly at: string; readonly by?: string }>>;

export function droppedFrom(marks: readonly Mark[]): DroppedFrom {
  const dropped: Record<string, { at: string; by?: string }> = {};
  for (const { state, at, by, locations } of marks.toSorted((a, b) => a.at.localeCompare(b.at))) {
    if (state !== 'dropped') continue;
    for (const location of locations) dropped[location] = { at, ...(by ? { by } : {}) };
  }
  return dropped;
}

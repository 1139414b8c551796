/** Which objects may go: never one that a manifest names, never one that is new, never more than the budget. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { layout, type Manifest, pointIdAt } from '../../../domain/points/recovery-point.ts';
import { debrisOf, type Holding, neededKeys, overBudget } from '../../../domain/retention/archives.ts';

const now = Date.parse('2026-06-15T12:00:00.000Z');
const grace = 86_400_000;
const service = 'svc';
const idOf = (daysAgo: number) => pointIdAt(new Date(now - daysAgo * grace));
const part = (id: string, n: number) => layout.part(service, id, 'tree', n, 0, 'a');
const keyOf = (id: string) => layout.sealedKey(service, id, 1);

/** A manifest that needs archives of several points: its own and those before it. */
function aManifest(id: string, refers: readonly { readonly id: string; readonly n: number }[]): Manifest {
  const archives = refers.map((each, number) => ({
    ...{ number, point: each.id, kind: 'tree' as const, bytes: 1, entries: 1 },
    parts: [{ key: part(each.id, each.n), bytes: 1, sha256: 'a'.repeat(64) }],
  }));
  const index = { parts: [{ key: layout.index(service, id, 'tree', 0, 'a'), bytes: 1, sha256: 'b'.repeat(64) }] };
  const keys = [...new Set([id, ...refers.map((each) => each.id)])].map((point) => ({
    point,
    key: keyOf(point),
    sha256: '',
    recipients: [],
  }));
  return { id, service, components: [{ component: 'tree', archives, index }], keys } as unknown as Manifest;
}

const ids = Array.from({ length: 12 }, (_, n) => idOf(n * 3));
/** All that was ever put: three archives, a key, an index, a manifest a point. */
const everything = ids.flatMap((id) => [
  ...[1, 2, 3].map((n) => part(id, n)),
  ...[keyOf(id), layout.index(service, id, 'tree', 0, 'a'), layout.restoreSh(service, id)],
]);
const objects = (modified = 0) => everything.map((key) => ({ key, bytes: 1, modified }));
const holding = (manifests: readonly Manifest[], more: Partial<Holding> = {}): Holding => ({
  ...{ service, manifests: new Map(manifests.map((manifest) => [manifest.id, manifest])) },
  ...{ held: new Map(), dropped: new Map(), ...more },
});

/** Any points kept, each referring to any archives of its own and older ones. */
const keptArb = fc.subarray(ids).chain((kept) =>
  fc.tuple(
    ...kept.map((id) =>
      fc
        .uniqueArray(
          fc.record({ id: fc.constantFrom(...ids.slice(ids.indexOf(id))), n: fc.integer({ min: 1, max: 3 }) }),
          {
            selector: (each) => `${each.id}${each.n}`,
            minLength: 1,
            maxLength: 6,
          },
        )
        .map((refers) => aManifest(id, refers)),
    ),
  ),
);

describe('what may be swept', () => {
  it('is never what a manifest needs, whatever refers to whatever; and the keys of such archives stay', () => {
    fc.assert(
      fc.property(keptArb, (kept) => {
        const gone = debrisOf(objects(), holding(kept), { now, grace }).map(({ key }) => key);
        const needed = neededKeys(kept);
        expect(gone.filter((key) => needed.has(key))).toEqual([]);
        // Whatever is left is needed, belongs beside a manifest, or is new.
        const left = everything.filter((key) => !gone.includes(key));
        const points = new Set(kept.map(({ id }) => id));
        for (const key of left) {
          const id = key.split('/')[2] as string;
          const kind = needed.has(key) || (points.has(id) && key.includes('/points/')) || id === ids[0];
          expect(kind, key).toBe(true);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('is nothing new: both the id and the last change must be older than the grace time', () => {
    const old = ids[5] as string;
    const all = holding([]);
    expect(debrisOf(objects(), all, { now, grace }).some(({ id }) => id === old)).toBe(true);
    expect(debrisOf(objects(now - grace + 1), all, { now, grace })).toEqual([]);
    // An id of a minute ago stays though the store's clock says that it is old.
    expect(debrisOf(objects(), all, { now, grace }).some(({ id }) => id === ids[0])).toBe(false);
    // The clock of this machine stepped back by a year.
    expect(debrisOf(objects(now - 40 * grace), all, { now: now - 365 * grace, grace })).toEqual([]);
  });

  it('is nothing of an id that is held, and nothing of what a person deleted within the grace time', () => {
    const [, first, second] = ids as [string, string, string];
    const held = new Map([[first, 'its manifest is damaged']]);
    const at = new Date(now - 3_600_000).toISOString();
    const byPerson = debrisOf(objects(), holding([], { held, dropped: new Map([[second, { at, by: 'dana' }]]) }), {
      now,
      grace,
    });
    expect(byPerson.filter(({ id }) => id === first || id === second)).toEqual([]);
    const byRule = debrisOf(objects(), holding([], { dropped: new Map([[second, { at }]]) }), { now, grace });
    expect(byRule.find(({ id }) => id === second)?.why).toContain('was dropped');
  });

  it('is nothing of other prefixes, and no file whose folder is no id', () => {
    const odd = [
      'svc/marks/20250101_000000/x',
      'svc/reports/a',
      'svc/archives/notes/x',
      'svc2/archives/20250101_000000/x',
      'svc/lease.json',
    ];
    const found = debrisOf(
      odd.map((key) => ({ key, bytes: 1, modified: 0 })),
      holding([]),
      { now, grace },
    );
    expect(found).toEqual([]);
  });
});

describe('the budget', () => {
  const toll = { location: 'near', points: 10, bytes: 40, ofBytes: 100 };
  it('is so many points and such a share of the bytes, and a person may name another number of points', () => {
    expect(overBudget(toll, { points: 10, share: 0.4 })).toBeUndefined();
    expect(overBudget(toll, { points: 9, share: 1 })).toContain('10 points would go at near, and one run may delete 9');
    expect(overBudget(toll, { points: 10, share: 0.39 })).toContain('40% of the bytes at near');
    expect(overBudget(toll, { points: 1, share: 0.01 }, 10)).toBeUndefined();
    expect(overBudget(toll, { points: 50, share: 1 }, 9)).toContain('9 were allowed');
  });
});

/** Which archives may grow cold: by who needs them, never by their age. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { layout, type Manifest } from '../../../domain/points/recovery-point.ts';
import { coldMoves } from '../../../domain/retention/cold.ts';
import { aPoint, day, hour } from '../points/a-point.ts';

const now = '2026-06-15T12:00:00.000Z';
const service = 'svc';
const part = (id: string) => layout.part(service, id, 'files', 1, 0, 'a');
const rules = [
  { location: 'near', class: 'STANDARD_IA', window: 30 * day },
  { location: 'near', class: 'GLACIER', window: 90 * day },
];

/** Points by age, each with the ages of those whose archive it needs besides its own. */
function facts(needs: ReadonlyMap<number, readonly number[]>, parts: Parameters<typeof aPoint>[2] = {}) {
  const ages = [...needs.keys()];
  const points = ages.map((ago) => aPoint(now, ago, { components: ['files'], ...parts }));
  const idOf = (ago: number) => aPoint(now, ago).id;
  const manifests = new Map(
    ages.map((ago): [string, Manifest] => {
      const archives = [ago, ...(needs.get(ago) ?? [])].map((each) => ({ parts: [{ key: part(idOf(each)) }] }));
      const { id, takenAt } = aPoint(now, ago);
      return [id, { id, takenAt, components: [{ component: 'files', archives }], keys: [] } as unknown as Manifest];
    }),
  );
  const objects = ages.map((ago) => ({ key: part(idOf(ago)), etag: 'e', storageClass: 'STANDARD' }));
  const context = { location: 'near', service, manifests, points, now: Date.parse(now), grace: day };
  const movesOf = (given = objects) =>
    coldMoves(given, rules, context).map(({ key, to }) => [ages.find((ago) => part(idOf(ago)) === key), to]);
  return { movesOf, objects, context, idOf };
}

describe('an archive grows cold', () => {
  it('when all points that need it are outside the window; to the coldest class that fits', () => {
    const { movesOf } = facts(
      new Map([
        [hour, []],
        [2 * day, []],
        [40 * day, []],
        [100 * day, []],
      ]),
    );
    expect(movesOf()).toEqual([
      [40 * day, 'STANDARD_IA'],
      [100 * day, 'GLACIER'],
    ]);
  });

  it('never while a young increment needs it, however old it is: where an age rule would have broken the RTO', () => {
    const { movesOf } = facts(
      new Map([
        [hour, [100 * day]],
        [2 * day, []],
        [40 * day, []],
        [100 * day, []],
      ]),
    );
    expect(movesOf()).toEqual([[40 * day, 'STANDARD_IA']]);
  });

  it('not where it is that cold already, not at other locations, and never keys, indexes or what nobody knows', () => {
    const { movesOf, objects, context, idOf } = facts(
      new Map([
        [hour, []],
        [2 * day, []],
        [40 * day, []],
        [100 * day, []],
      ]),
    );
    expect(movesOf(objects.map((each) => ({ ...each, storageClass: 'GLACIER' })))).toEqual([]);
    expect(movesOf(objects.map((each) => ({ ...each, storageClass: 'STANDARD_IA' })))).toEqual([
      [100 * day, 'GLACIER'],
    ]);
    expect(coldMoves(objects, rules, { ...context, location: 'far' })).toEqual([]);
    const others = [
      layout.sealedKey(service, idOf(100 * day), 1),
      layout.index(service, idOf(100 * day), 'files', 0, 'a'),
      layout.part(service, idOf(100 * day), 'files', 9, 0, 'a'),
    ];
    expect(
      coldMoves(
        others.map((key) => ({ key, etag: 'e' })),
        rules,
        context,
      ),
    ).toEqual([]);
  });

  it.each([['pinned', { pinned: { by: 'dana', why: 'audit' } }]])('not when a %s point needs it', (_, parts) => {
    expect(
      facts(
        new Map([
          [hour, []],
          [100 * day, []],
        ]),
        parts,
      ).movesOf(),
    ).toEqual([]);
  });

  it('whatever needs what: no point inside the window, and no last one, ever needs what was moved', () => {
    const age = fc.integer({ min: 1, max: 150 }).map((days) => days * day);
    const graph = fc
      .uniqueArray(age, { minLength: 1, maxLength: 12 })
      .chain((ages) =>
        fc
          .tuple(...ages.map((own) => fc.subarray(ages.filter((each) => each > own))))
          .map((needs) => new Map(ages.map((own, n) => [own, needs[n] ?? []] as const))),
      );
    fc.assert(
      fc.property(graph, (needs) => {
        const moved = facts(needs).movesOf();
        const newest = Math.min(...needs.keys());
        for (const [ago, to] of moved) {
          const window = to === 'GLACIER' ? 90 * day : 30 * day;
          const users = [...needs].filter(([own, others]) => own === ago || others.includes(ago as number));
          for (const [own] of users) {
            expect(own).toBeGreaterThan(window);
            expect(own).not.toBe(newest);
          }
        }
      }),
      { numRuns: 200 },
    );
  });
});

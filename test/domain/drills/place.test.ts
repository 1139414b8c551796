import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  drillFolder,
  drillFolders,
  drillMarkSchema,
  drillPlace,
  drillPlacePattern,
} from '../../../domain/drills/place.ts';

const name = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,62}$/);
const run = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/);

it('a place is one that a step accepts, and short enough for a database', () => {
  fc.assert(
    fc.property(name, run, name, fc.boolean(), (service, id, component, files) => {
      const place = drillPlace(service, id, { name: component, files });
      expect(place).toMatch(drillPlacePattern);
      if (files) expect(place.startsWith(drillFolder(service, id))).toBe(true);
      else expect(place.length).toBeLessThan(63);
    }),
  );
});

it('nothing of another service is found among the folders of one, whatever they are called', () => {
  fc.assert(
    fc.property(name, name, run, (service, other, id) => {
      fc.pre(service !== other);
      expect(drillFolder(other, id).startsWith(drillFolders(service))).toBe(false);
      expect(drillFolder(service, id).startsWith(drillFolders(service))).toBe(true);
    }),
  );
});

it('databases of two drills, or of two services, have different names', () => {
  const of = (service: string, id: string) => drillPlace(service, id, { name: 'database', files: false });
  const all = ['a', 'b', 'spacetime'].flatMap((service) =>
    ['drill-1', 'drill-2', '1-llird'].map((id) => of(service, id)),
  );
  expect(new Set(all).size).toBe(all.length);
});

it('a mark names no place but one of a drill', () => {
  const mark = (into: string) => ({
    service: 'a',
    run: 'r',
    tried: [{ component: 'c', point: '20260102_030405', into }],
  });
  expect(drillMarkSchema.safeParse(mark(drillPlace('a', 'r', { name: 'c', files: true }))).success).toBe(true);
  for (const into of ['/srv/app', '/var/tmp/muster-drill-a.r/../../../srv', 'shop', '/var/tmp/muster-drill-a.r'])
    expect(drillMarkSchema.safeParse(mark(into)).success, into).toBe(false);
});

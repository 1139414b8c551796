import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Announced, announcementsNow, announcesOf } from '../../../domain/drills/announcing.ts';
import { drillSchema } from '../../../domain/plan/drills.ts';

const hour = 3_600_000;
const day = 24 * hour;
const quarterly = drillSchema.parse({
  name: 'quarterly',
  kind: 'restore-test',
  cron: '0 10 * 1,4,7,10 6#1',
  participants: [{ role: 'DR Coordinator' }],
  notice: '14d',
  reminders: [{ before: '24h', text: 'Lower the TTL to 60 seconds.' }],
});
const announces = announcesOf(quarterly, 'spacetime/drill-quarterly');
if (!announces) throw new Error('nothing to announce');

const due = '2027-01-02T10:00:00.000Z';
const at = (ahead: number) => Date.parse(due) - ahead;
const look = (ahead: number, last?: Announced) =>
  announcementsNow(announces, { at: due, paused: false }, last, at(ahead));

it('says nothing before its time, then once, and the reminder a day before', () => {
  expect(look(14 * day + 1).tell).toEqual([]);
  const first = look(14 * day);
  expect(first.tell).toEqual([
    'drill quarterly (restore-test) is due at 2027-01-02T10:00:00.000Z, in 14d. Takes part: DR Coordinator.',
  ]);
  const second = look(14 * day - hour, first.announced);
  expect(second.tell).toEqual([]);
  expect(look(day, second.announced).tell).toEqual([expect.stringMatching(/^Lower the TTL to 60 seconds\. \(drill/)]);
});

it('tells of everything at once where nobody looked in between', () => {
  expect(look(hour).tell).toHaveLength(2);
});

it('says so where the schedule is paused, and nothing of one that is not due again', () => {
  const paused = announcementsNow(announces, { at: due, paused: true }, undefined, at(day));
  expect(paused.tell[0]).toContain('PAUSED');
  const last = { due, told: 2 };
  expect(announcementsNow(announces, { paused: false }, last, at(0))).toEqual({ tell: [], announced: last });
});

it('has nothing to say of a drill without notice', () => {
  expect(announcesOf(drillSchema.parse({ name: 'weekly', kind: 'restore-test', every: '7d' }), 'x')).toBeUndefined();
});

it('however often it is looked, each announcement of a time is made once, in order', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 20 * 24 }), { maxLength: 60 }), (hours) => {
      const looks = [...hours, 0].sort((a, b) => b - a);
      let last: Announced | undefined;
      const told: string[] = [];
      for (const ahead of looks) {
        const { tell, announced } = look(ahead * hour, last);
        told.push(...tell.map((text) => (text.startsWith('Lower') ? 'reminder' : 'notice')));
        last = announced;
      }
      expect(told).toEqual(['notice', 'reminder']);
    }),
  );
});

it('begins anew for the time after', () => {
  const told = look(0).announced;
  const next = { at: '2027-04-03T10:00:00.000Z', paused: false };
  const early = announcementsNow(announces, next, told, Date.parse(due) + hour);
  expect(early.tell).toEqual([]);
  expect(announcementsNow(announces, next, early.announced, Date.parse(next.at) - 13 * day).tell).toHaveLength(1);
});

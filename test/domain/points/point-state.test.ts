/** What marks make of a recovery point. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PointSummary } from '../../../domain/playbook/assessment.ts';
import { newestThatCounts, reaches, standingOf, withStanding } from '../../../domain/points/point-state.ts';
import { pointStates } from '../../../domain/points/point-states.ts';
import { type Mark, markStates } from '../../../domain/points/recovery-point.ts';

const sha256 = 'a'.repeat(64);
const point = { sha256, locations: ['near', 'far'] };
const needs = { copies: 2 };
let clock = 0;
const mark = (state: Mark['state'], locations: string[] = ['near', 'far'], more: Partial<Mark> = {}): Mark => ({
  format: 1,
  service: 'spacetime',
  point: '20260102_031500',
  manifest: sha256,
  state,
  at: new Date(Date.UTC(2026, 0, 2) + ++clock * 1000).toISOString(),
  run: 'run-1',
  locations,
  how: `said ${state}`,
  ...more,
});
const stateOf = (...marks: Mark[]) => standingOf(point, marks, needs);

describe('the state of a point', () => {
  it('rises from captured to proven as marks say so', () => {
    expect(stateOf().state).toBe('captured');
    expect(stateOf(mark('replicated')).state).toBe('replicated');
    expect(stateOf(mark('replicated'), mark('verified')).state).toBe('verified');
    expect(stateOf(mark('replicated'), mark('verified'), mark('proven', ['near'])).state).toBe('proven');
  });

  it('is replicated as soon as it is written where one copy is asked for', () => {
    expect(standingOf({ sha256, locations: ['near'] }, [], { copies: 1 }).state).toBe('replicated');
  });

  it('is not replicated while what it refers to lies in one place only, however many copies of it there are', () => {
    const apart = (copiesApart: number) => standingOf({ ...point, copiesApart }, [mark('replicated')], needs);
    expect(apart(1)).toMatchObject({ state: 'captured', enough: false });
    expect(apart(2)).toMatchObject({ state: 'replicated', enough: true });
    expect(standingOf({ ...point, copiesApart: 1 }, [], { copies: 1 }).state).toBe('replicated');
    expect(reaches(standingOf({ ...point, copiesApart: 1 }, [mark('verified')], needs), 'replicated')).toBe(false);
  });

  it('says of each location what was shown there', () => {
    const standing = stateOf(mark('replicated'), mark('verified', ['near'], { damaged: ['far'] }));
    expect(standing.at).toEqual({ near: 'verified', far: 'damaged' });
    expect(standing).toMatchObject({ state: 'verified', enough: false });
    expect(reaches(standing, 'verified')).toBe(false);
    expect(reaches(standing, 'captured')).toBe(true);
  });

  it('takes damage back where a later look found the copy good', () => {
    const standing = stateOf(mark('verified', ['near'], { damaged: ['far'] }), mark('verified'));
    expect(standing).toMatchObject({ at: { near: 'verified', far: 'verified' }, enough: true });
  });

  it('does not count a copy at a location that answers and does not have it', () => {
    const seen = { sha256, locations: ['near'] };
    expect(standingOf(seen, [mark('replicated')], { copies: 2, answered: ['near', 'far'] })).toMatchObject({
      state: 'captured',
      at: { near: 'replicated', far: 'absent' },
    });
    expect(standingOf(seen, [mark('replicated')], { copies: 2, answered: ['near'] }).state).toBe('replicated');
  });

  it('is quarantined until it is released, and quarantine stands over every rung', () => {
    const quarantined = mark('quarantined');
    expect(stateOf(mark('proven'), quarantined)).toMatchObject({
      state: 'quarantined',
      quarantine: 'said quarantined',
      enough: false,
    });
    expect(stateOf(quarantined, mark('verified')).state).toBe('quarantined');
    expect(stateOf(quarantined, mark('verified'), mark('released')).state).toBe('verified');
  });

  it('stays quarantined when an old release is put back, or one of the same moment', () => {
    const release = mark('released');
    const quarantined = mark('quarantined');
    expect(stateOf(quarantined, release).state).toBe('quarantined');
    expect(stateOf(quarantined, { ...release, at: quarantined.at }).state).toBe('quarantined');
  });

  it('is pinned until it is unpinned', () => {
    expect(stateOf(mark('pinned')).pinned).toBe(true);
    expect(stateOf(mark('pinned'), mark('unpinned')).pinned).toBe(false);
  });

  it('is not touched by marks of another manifest under its id', () => {
    expect(stateOf(mark('proven', ['near'], { manifest: 'b'.repeat(64) })).state).toBe('captured');
  });

  it('does not depend on the order in which marks were read', () => {
    const some = fc.record({
      state: fc.constantFrom(...markStates),
      locations: fc.subarray(['near', 'far']),
      damaged: fc.subarray(['near', 'far']),
      at: fc.integer({ min: 0, max: 5 }).map((n) => new Date(Date.UTC(2026, 0, 1) + n).toISOString()),
    });
    fc.assert(
      fc.property(fc.uniqueArray(some, { selector: ({ at }) => at }), fc.nat(), (parts, turn) => {
        const marks = parts.map((part) => mark(part.state, part.locations, part));
        const other = [...marks.slice(turn % (marks.length + 1)), ...marks.slice(0, turn % (marks.length + 1))];
        expect(standingOf(point, other.reverse(), needs)).toEqual(standingOf(point, marks, needs));
      }),
    );
  });
});

describe('the point that the RPO is counted to', () => {
  const summary = (id: string, marks: Mark[]) =>
    ({ id, takenAt: `2026-01-02T0${id}:00:00.000Z`, ...point, marks }) as unknown as PointSummary;

  it('is the newest in the state that the plan asks for', () => {
    const points = withStanding(
      [
        summary('1', [mark('replicated'), mark('verified'), mark('proven')]),
        summary('2', [mark('replicated'), mark('verified')]),
        summary('3', [mark('replicated')]),
        summary('4', []),
        summary('5', [mark('replicated'), mark('proven'), mark('quarantined')]),
      ],
      needs,
    );
    const counted = pointStates.map((wanted) => newestThatCounts(points, wanted)?.id);
    expect(counted).toEqual(['4', '3', '2', '1']);
    expect(newestThatCounts([], 'captured')).toBeUndefined();
  });
});

import { expect, it } from 'vitest';
import { standingOf } from '../../domain/point-standing.ts';
import type { Mark } from '../../domain/recovery-point.ts';

const mark = (state: Mark['state'], at: string, more: Partial<Mark> = {}): Mark => ({
  ...{ format: 1, service: 'svc', point: '20260102_031500', manifest: 'm', run: 'r', how: 'why', locations: ['near'] },
  ...{ state, at: `2026-01-${at}T00:00:00.000Z`, ...more },
});

it('takes the newest word where words take each other back, in whatever order they are read', () => {
  const said = [mark('unpinned', '04'), mark('pinned', '03', { by: 'dana' }), mark('verified', '02')];
  expect(standingOf(said)).toMatchObject({ verified: true, proven: false });
  expect(standingOf(said).pinned).toBeUndefined();
  expect(standingOf([mark('pinned', '05', { by: 'dana' }), ...said]).pinned).toEqual({ by: 'dana', why: 'why' });
  expect(standingOf([mark('quarantined', '03')]).quarantined).toBe('2026-01-03T00:00:00.000Z');
  expect(standingOf([mark('released', '04'), mark('quarantined', '03')]).quarantined).toBeUndefined();
});

it('knows from where a point was taken away, and whether a person did it', () => {
  expect(
    standingOf([mark('dropped', '05', { locations: ['far'], by: 'dana' }), mark('dropped', '04')]).dropped,
  ).toEqual({
    near: { at: '2026-01-04T00:00:00.000Z' },
    far: { at: '2026-01-05T00:00:00.000Z', by: 'dana' },
  });
});

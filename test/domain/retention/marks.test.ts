import { expect, it } from 'vitest';
import type { Manifest, Mark } from '../../../domain/points/recovery-point.ts';
import { droppedFrom, retainableOf } from '../../../domain/retention/marks.ts';

const sha256 = 'a'.repeat(64);
const manifest = { id: '20260102_031500', takenAt: '2026-01-02T03:15:00.000Z', components: [{ component: 'tree' }] };
const found = { manifest: manifest as unknown as Manifest, sha256, locations: ['near', 'far'] };
const mark = (state: Mark['state'], at: string, more: Partial<Mark> = {}): Mark => ({
  ...{
    format: 1,
    service: 'svc',
    point: '20260102_031500',
    manifest: sha256,
    run: 'r',
    how: 'why',
    locations: ['near'],
  },
  ...{ state, at: `2026-01-${at}T00:00:00.000Z`, ...more },
});
const seen = (...marks: Mark[]) => retainableOf(found, marks, { copies: 2 });

it('takes the newest word where words take each other back, in whatever order they are read', () => {
  const said = [mark('unpinned', '04'), mark('pinned', '03', { by: 'dana' }), mark('verified', '02')];
  expect(seen(...said)).toMatchObject({ components: ['tree'], verified: true, proven: false });
  expect(seen(...said).pinned).toBeUndefined();
  expect(seen(mark('pinned', '05', { by: 'dana' }), ...said).pinned).toEqual({ by: 'dana', why: 'why' });
  expect(seen(mark('quarantined', '03')).quarantined).toBe('2026-01-03T00:00:00.000Z');
  expect(seen(mark('released', '04'), mark('quarantined', '03')).quarantined).toBeUndefined();
});

it('knows which copy is damaged, and believes nothing that was said of another manifest', () => {
  expect(seen(mark('verified', '02', { locations: ['near', 'far'], damaged: [] })).at).toEqual({
    near: { damaged: false },
    far: { damaged: false },
  });
  expect(seen(mark('quarantined', '03', { damaged: ['far'] })).at).toMatchObject({ far: { damaged: true } });
  expect(seen(mark('pinned', '03', { manifest: 'b'.repeat(64) })).pinned).toBeUndefined();
});

it('knows from where a point was taken away, and whether a person did it', () => {
  const marks = [mark('dropped', '05', { locations: ['far'], by: 'dana' }), mark('dropped', '04')];
  expect(droppedFrom(marks)).toEqual({
    near: { at: '2026-01-04T00:00:00.000Z' },
    far: { at: '2026-01-05T00:00:00.000Z', by: 'dana' },
  });
});

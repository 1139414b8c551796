/** Which point a restore takes, when it is asked for in other ways than by its id. */
import { describe, expect, it } from 'vitest';
import type { PointSummary } from '../../../domain/playbook/assessment.ts';
import { choosePoint } from '../../../domain/points/choose-point.ts';
import { chooseForRestore, noneFits, type PointWish, readUpTo } from '../../../domain/points/choose-restore.ts';
import { newestThatCounts } from '../../../domain/points/point-state.ts';
import { apartText } from '../../../domain/points/restore-scope.ts';
import { promiseOf, type RestoreRequest, restoreRequestSchema } from '../../../domain/run/restore-request.ts';

const all = ['configuration', 'database', 'application'];

function point(id: string, more: Partial<PointSummary> = {}): PointSummary {
  const [, year, month, day, hour, minute, second] = id.match(/^(\d{4})(\d\d)(\d\d)_(\d\d)(\d\d)(\d\d)$/) ?? [];
  return {
    id,
    takenAt: `${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`,
    site: 'us-east-1',
    role: 'primary',
    label: 'daily',
    bytes: 1,
    storedBytes: 1,
    components: all,
    sha256: id.padEnd(64, '0'),
    locations: ['near', 'far'],
    torn: 0,
    state: 'replicated',
    enough: true,
    ...more,
  };
}

const points = [
  point('20251111_030000', { components: ['configuration'], label: 'pre-deploy', version: '2.5.1' }),
  point('20251110_180000', { label: 'hourly', state: 'proven' }),
  point('20251110_120001', { components: ['database'] }),
  point('20251110_115959', { locations: ['far'] }),
  point('20251110_030000', { label: 'weekly', state: 'verified' }),
  point('20251109_030000', { label: 'pre-deploy', version: '2.5.0', commit: '9fceb02aa' }),
  point('20251108_030000', { state: 'quarantined', quarantine: 'a part is lost', label: 'quarterly' }),
];
const wish = (request: RestoreRequest, components = all): PointWish => ({
  request,
  components,
  whole: components === all,
  target: 'near',
});
const choose = (request: RestoreRequest, components = all) => chooseForRestore(points, wish(request, components))?.id;

describe('a restore of the whole service takes a complete point', () => {
  it.each<[string, RestoreRequest, string | undefined]>([
    ['the newest', {}, '20251110_180000'],
    ['the newest of a day', { date: '20251110' }, '20251110_180000'],
    ['the newest from before a breach', { before: '2025-11-10T18:00:00+00:00' }, '20251110_030000'],
    ['the newest from before a breach, to the second', { before: '2025-11-10T18:00:01+00:00' }, '20251110_180000'],
    ['of a day written with dashes', { date: '2025-11-09' }, '20251109_030000'],
    ['at or before a moment, in UTC', { date: '2025-11-10 04:00' }, '20251110_030000'],
    ['at or before a moment with a zone', { date: '2025-11-10T04:00:00+02:00' }, '20251109_030000'],
    ['never one of that day that is a part', { date: '20251111' }, undefined],
    ['by its label', { label: 'weekly' }, '20251110_030000'],
    ['by its state', { state: 'verified' }, '20251110_180000'],
    ['by both', { state: 'verified', date: '2025-11-10 12:00' }, '20251110_030000'],
    ['of one location', { from: 'far', date: '2025-11-10 12:00' }, '20251110_115959'],
    ['before a deployment: the partial one is passed by', { beforeDeployment: true }, '20251109_030000'],
    ['before a deployment of a commit', { beforeDeployment: '9fceb02' }, '20251109_030000'],
    ['before a deployment nobody made', { beforeDeployment: '3.0.0' }, undefined],
    ['never a quarantined one', { label: 'quarterly' }, undefined],
  ])('%s', (_, request, id) => expect(choose(request)).toBe(id));
});

describe('a restore of a part takes a point that has it', () => {
  it('also one of that part alone', () => {
    expect(choose({}, ['configuration'])).toBe('20251111_030000');
    expect(choose({ beforeDeployment: true }, ['configuration'])).toBe('20251111_030000');
    expect(choose({ date: '20251110' }, ['configuration', 'database'])).toBe('20251110_180000');
  });

  it('and never one without it', () => expect(choose({ date: '20251111' }, ['database'])).toBeUndefined());
});

it('says what was asked for, which points lack what, and what is there instead', () => {
  const { type, message } = noneFits(points, wish({ date: '20251111' }), 'Recovery points at near: 7');
  expect(type).toBe('PointNotFound');
  expect(message).toContain('of 2025-11-11 of the whole service');
  expect(message).toContain('20251111_030000 has no database and no application');
  expect(message).toContain('20251110_180000 (hourly, proven)');
  expect(message).not.toContain('20251108_030000');
});

it('reads no manifest that is too new for the date, so that a year of newer ones hides none', () => {
  expect(readUpTo(undefined, { date: '20251110' })).toBe('20251110_235959');
  expect(readUpTo('20251110_030000', undefined)).toBe('20251110_030000');
  expect(readUpTo(undefined, { label: 'weekly' })).toBeUndefined();
});

it('takes no moment without a zone for a point in time, and no date that is none', () => {
  const of = (request: object) => restoreRequestSchema.safeParse(request).success;
  expect(of({ until: '2025-11-10T12:00:00+00:00' })).toBe(true);
  expect(of({ until: '2025-11-10T12:00:00' })).toBe(false);
  expect(of({ date: 'yesterday' })).toBe(false);
  expect(of({ paths: ['/'] })).toBe(false);
  expect(of({ paths: ['/etc/../root'] })).toBe(false);
});

it('is promised by what comes back', () => {
  expect(promiseOf({ configOnly: true })).toBe('configuration-rollback');
  expect(promiseOf({ paths: ['/etc/x'] })).toBe('partial-recovery');
  expect(promiseOf({ date: '20251110' })).toBe('point-in-time');
  expect(promiseOf({})).toBe('full-recovery');
});

it('says how far apart components come back, where some have a log and others have not', () => {
  const item = (name: string, until?: string) => ({ component: { name } as never, ...(until ? { until } : {}) });
  const until = '2025-11-10T12:30:00+00:00';
  expect(apartText([item('database', until), item('application')], '2025-11-10T12:00:00.000Z')).toBe(
    'database as of 2025-11-10T12:30:00+00:00, and application as of 2025-11-10T12:00:00.000Z, 30m before: they may not agree.',
  );
  expect(apartText([item('database', until)], '2025-11-10T12:00:00.000Z')).toBe('');
  expect(apartText([item('database'), item('application')], '2025-11-10T12:00:00.000Z')).toBe('');
});

describe('the evidence of a breach', () => {
  const withEvidence = [point('20251112_000000', { label: 'evidence' }), ...points];

  it('is newer than all others, and taken only by who names it', () => {
    expect(chooseForRestore(withEvidence, wish({}))?.id).toBe('20251110_180000');
    expect(choosePoint(withEvidence, 'near', all)?.id).toBe('20251110_180000');
    expect(chooseForRestore(withEvidence, wish({ label: 'evidence', into: '/var/tmp/look' }))?.id).toBe(
      '20251112_000000',
    );
  });

  it('does not count for the RPO', () => {
    expect(newestThatCounts(withEvidence, 'captured')?.id).not.toBe('20251112_000000');
  });
});

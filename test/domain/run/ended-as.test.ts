/** How a run ended in the eyes of whoever counts. */
import { describe, expect, test } from 'vitest';
import { buildReport } from '../../../domain/report/build.ts';
import { exceptionsOf } from '../../../domain/report/exceptions.ts';
import type { Report } from '../../../domain/report/report.ts';
import { endedAs, resultOf } from '../../../domain/run/ended-as.ts';
import { aStatus } from './a-run.ts';

const ended = (more: Partial<Report>): Report => ({
  ...buildReport({ status: aStatus({ phase: 'done' }), endedAt: '2026-10-02T03:00:00.000Z' }),
  ...more,
});
const drill = (result: 'passed' | 'failed' | 'called-off') => ended({ drill: { result } as Report['drill'] });

describe('the end of a run', () => {
  test.each([
    ['done', ended({ result: 'done' }), 'success', 'done'],
    ['failed', ended({ result: 'failed' }), 'failed', 'failed'],
    ['ended by a person', ended({ result: 'aborted' }), 'aborted', 'aborted'],
    ['put back', ended({ result: 'put-back' }), 'aborted', 'put-back'],
    ['a drill that passed', drill('passed'), 'success', 'done'],
    ['a drill that went to its end and has findings', drill('failed'), 'failed', 'failed'],
    ['a drill that was called off', drill('called-off'), 'aborted', 'aborted'],
  ])('of one that was %s is counted and told as that', (_what, report, end, word) => {
    expect(endedAs(report)).toBe(end);
    expect(resultOf(report)).toBe(word);
  });

  test('of a look that found a point bad is a failure, though it went to its end; an alarm of another run is none', () => {
    const outputs = { 'verify-points': { outcome: '20261002_030000 quarantined', alarm: 'it has lost the dump' } };
    const of = (procedure: Report['procedure']) =>
      buildReport({ status: aStatus({ phase: 'done', procedure }), outputs, endedAt: '2026-10-02T03:00:00.000Z' });
    const [verify, full, backup] = [of('verify'), of('test-restore'), of('backup')];
    expect([verify, full, backup].map(endedAs)).toEqual(['failed', 'failed', 'success']);
    expect(resultOf(verify)).toBe('failed');
    expect(exceptionsOf(verify)).toEqual([{ what: 'Found bad', text: 'it has lost the dump (`verify-points`)' }]);
    expect(exceptionsOf(backup)).toEqual([]);
  });

  test('of one that stood aside for a recovery is no failure', () => {
    const refused = { type: 'RecoveryUnderWay', message: 'a failover goes on' };
    expect(endedAs(ended({ result: 'failed', refused }))).toBe('aborted');
  });

  test('of a look where there is no recovery point yet is no failure of a point; of a restore that wanted one it is', () => {
    const failed = [{ step: 'verify', title: 'Verify', error: 'PointNotFound: near: no recovery point of spacetime.' }];
    const of = (procedure: Report['procedure']) => endedAs(ended({ result: 'failed', procedure, failed }));
    expect([of('verify'), of('test-restore'), of('restore')]).toEqual(['aborted', 'aborted', 'failed']);
    const damaged = [{ step: 'verify', title: 'Verify', error: 'PointDamaged: near: an archive is damaged.' }];
    expect(endedAs(ended({ result: 'failed', procedure: 'verify', failed: damaged }))).toBe('failed');
  });
});

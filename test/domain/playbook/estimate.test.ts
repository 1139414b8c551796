import { describe, expect, test } from 'vitest';
import {
  describeRto,
  describeTimeLeft,
  expectedDuration,
  renderRtoBar,
  rtoBar,
  timeLeft,
} from '../../../domain/playbook/estimate.ts';
import { aPlaybook, aPlaybookStep, aStage, aStatus, aStep, at, declaredAt } from '../run/a-run.ts';

describe('time left', () => {
  test('counts the longest step of each rank, because a rank runs side by side', () => {
    const stages = [
      aStage('Restore', [
        [aStep('a', { expected: 30_000 }), aStep('b', { expected: 50_000 })],
        [aStep('c', { expected: 5_000 })],
      ]),
    ];
    expect(timeLeft(stages, at(0)).ms).toBe(55_000);
  });

  test('takes off what a running step has used already, and what is done', () => {
    const stages = [
      aStage('Start', [[aStep('done', { state: 'done', expected: 90_000 })]]),
      aStage('Restore', [[aStep('a', { state: 'running', expected: 30_000, startedAt: at(0) })]]),
    ];
    expect(timeLeft(stages, at(10_000)).ms).toBe(20_000);
  });

  test('names a step over its time instead of going below zero', () => {
    const stages = [aStage('Restore', [[aStep('a', { state: 'running', expected: 1_000, startedAt: at(0) })]])];
    expect(timeLeft(stages, at(9_000))).toMatchObject({ ms: 0, overdue: ['a'] });
  });

  test('names steps nothing is known about, and leaves the watch out', () => {
    const stages = [
      aStage('Restore', [[aStep('a')]]),
      aStage('Watch', [[aStep('w', { expected: 3_600_000 })]], { type: 'watch' }),
    ];
    expect(timeLeft(stages, at(0))).toEqual({ ms: 0, overdue: [], unknown: ['a'] });
  });

  test('leaves out what goes on beside longer work', () => {
    const stages = [
      aStage('Fence', [[aStep('f', { expected: 9_000 })]], { alongside: true }),
      aStage('Restore', [[aStep('r', { expected: 30_000 })]]),
      aStage('Fenced', [], { type: 'gate' }),
    ];
    expect(timeLeft(stages, at(0)).ms).toBe(30_000);
  });

  test('is told as in earlier runs, with what is over its time and what is not known', () => {
    const stages = [
      aStage('Restore', [
        [aStep('a', { state: 'running', expected: 1_000, startedAt: at(0) }), aStep('b', { expected: 60_000 })],
        [aStep('new')],
      ]),
    ];
    expect(describeTimeLeft(aStatus({ stages }), at(5_000))).toBe(
      'about 1m, and what is not known of new, as in earlier runs; over its time: a',
    );
  });

  test('is what the plan expects as a whole where there was no earlier run', () => {
    const status = aStatus({ stages: [aStage('Restore', [[aStep('a')]])] });
    expect(describeTimeLeft(status, at(30_000))).toBe(
      '12m of the 12m30s that the plan expects (no earlier run to go by)',
    );
    expect(describeTimeLeft(status, at(780_000))).toBe(
      '30s over the 12m30s that the plan expects (no earlier run to go by)',
    );
    const unpromised = { ...status, clock: { ...status.clock, expected: undefined } };
    expect(describeTimeLeft(unpromised, at(0))).toBe('not known: no earlier run to go by');
  });

  test('a skipped step needs no more time, a failed one may have to run again', () => {
    const stages = [
      aStage('Restore', [
        [aStep('s', { state: 'skipped', expected: 7_000 })],
        [aStep('f', { state: 'failed', expected: 3_000 })],
      ]),
    ];
    expect(timeLeft(stages, at(0)).ms).toBe(3_000);
  });
});

test('a playbook is expected to take the sum of the longest steps of its ranks', () => {
  const playbook = aPlaybook({
    items: [
      {
        type: 'stage',
        title: 'x',
        ranks: [
          [aPlaybookStep('a', { expected: 10 }), aPlaybookStep('b', { expected: 40 })],
          [aPlaybookStep('c', { expected: 2 })],
        ],
      },
      { type: 'pointOfNoReturn', title: 'writes' },
    ],
  });
  expect(expectedDuration(playbook)).toBe(42);
});

describe('the RTO bar', () => {
  const clock = { declaredAt, expected: 750_000, maximum: 900_000 };

  test('knows which marks have passed and when the next one is due', () => {
    expect(rtoBar({ ...clock, now: at(720_000) })).toMatchObject({
      passed: 720_000,
      percent: 80,
      marks: [50, 80],
      next: { percent: 100, in: 180_000 },
    });
  });

  test('stands still once the service is back', () => {
    const bar = rtoBar({ ...clock, recoveredAt: at(60_000), now: at(800_000) });
    expect(bar).toMatchObject({ passed: 60_000, stopped: 'recovered', next: undefined });
  });

  test('stands still at the end of a run, and does not say that the service is back', () => {
    const text = renderRtoBar({ ...clock, endedAt: at(60_000), now: at(800_000) });
    expect(text).toContain('1m of 15m (6 %)');
    expect(text).toContain('not seen to be back');
    expect(text).not.toContain('the service is back');
  });

  test.each(['aborted', 'failed', 'rejected'] as const)('of a run that was %s does not claim a recovery', (phase) => {
    const timeline = [{ at: at(90_000), kind: 'end', text: 'ended' } as const];
    expect(describeRto(aStatus({ phase, timeline }), at(900_000))).toMatch(/1m30s of 15m.*not seen to be back/);
  });

  test('says that the service is back when somebody saw it', () => {
    const base = aStatus({ phase: 'done' });
    const clock = { ...base.clock, recovered: { at: at(60_000), source: 'observer' } };
    expect(describeRto({ ...base, clock }, at(800_000))).toMatch(/1m of 15m.*; the service is back$/);
  });

  test('is not there for a backup', () => {
    expect(describeRto(aStatus({ procedure: 'backup' }), at(0))).toBeUndefined();
  });

  test('says by how much the maximum is passed', () => {
    expect(renderRtoBar({ ...clock, now: at(960_000) })).toContain('over by 1m');
  });

  test('is plain ASCII and of one width at every moment', () => {
    for (const passed of [0, 1, 449_000, 450_000, 899_999, 900_000, 9_000_000]) {
      const text = renderRtoBar({ ...clock, now: at(passed) });
      expect(text).toMatch(/^[\x20-\x7e]+$/);
      expect(text.indexOf(']')).toBe(31);
    }
  });

  test('does not invent a promise that the plan does not make', () => {
    expect(renderRtoBar({ declaredAt, now: at(5_000) })).toBe('5.0s, no RTO in the plan');
  });
});

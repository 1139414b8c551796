import { describe, expect, it } from 'vitest';
import {
  type ExerciseStatus,
  exerciseMarkdown,
  exerciseSchema,
  exerciseStatusSchema,
  movedBy,
} from '../../../domain/drills/exercise.ts';

const leg = (procedure: 'switchover' | 'failback', startedAt: string, endedAt: string) => ({
  ...{ procedure, startedAt, endedAt, phase: 'done' as const, run: `${procedure}-1`, summary: 'served | well' },
  reports: [`west: spacetime/reports/${procedure}-1/report.json`],
});
const status: ExerciseStatus = {
  ...{ service: 'spacetime', run: 'exercise-1', by: 'coordinator', reason: 'quarterly', stage: 'ended', says: 'home' },
  ...{ needs: '', startedAt: '2026-01-03T10:00:00.000Z', endedAt: '2026-01-03T13:00:00.000Z', result: 'home' },
  heldFrom: '2026-01-03T10:10:00.000Z',
  legs: [
    leg('switchover', '2026-01-03T10:00:00.000Z', '2026-01-03T10:10:00.000Z'),
    leg('failback', '2026-01-03T12:10:00.000Z', '2026-01-03T13:00:00.000Z'),
  ],
  decisions: [{ at: '2026-01-03T09:00:00.000Z', by: 'network', text: 'prepared' }],
};

describe('the report of an exercise', () => {
  it('has both moves, who decided what, and how long users were served elsewhere', () => {
    const text = exerciseMarkdown(exerciseStatusSchema.parse(status));
    expect(text).toContain('# Regional exercise of spacetime: home');
    expect(text).toContain('served from the other site for 2h');
    expect(text).toContain('| switchover | done |');
    expect(text).toContain('served \\| well');
    expect(text).toContain('- 2026-01-03T09:00:00.000Z network: prepared');
    expect(text).toContain('- failback: west: spacetime/reports/failback-1/report.json');
  });

  it('says so where nothing was moved', () => {
    const { heldFrom: _held, ...none } = status;
    const text = exerciseMarkdown({ ...none, legs: [], decisions: [], result: 'not moved' });
    expect(text).toContain(': not moved');
    expect(text).toContain('None.');
    expect(text).not.toContain('other site for');
  });
});

describe('what an exercise is asked for', () => {
  it('holds an hour unless told, and a month at most', () => {
    expect(exerciseSchema.parse({ service: 'spacetime', by: 'dana' })).toMatchObject({
      hold: 3_600_000,
      ahead: 86_400_000,
    });
    expect(exerciseSchema.safeParse({ service: 'spacetime', by: 'dana', hold: 31 * 86_400_000 }).success).toBe(false);
    expect(exerciseSchema.safeParse({ service: 'spacetime', by: '' }).success).toBe(false);
  });
});

describe('what a move came to', () => {
  const cases = [
    ['done', 'r', 'moved'],
    ['rejected', 'r', 'not moved'],
    ['put-back', 'r', 'not moved'],
    ['failed', undefined, 'not moved'],
    ['aborted', 'r', 'unclear'],
    ['failed', 'r', 'unclear'],
  ] as const;
  it.each(cases)('%s of run %s: %s', (phase, run, moved) => {
    expect(movedBy(run === undefined ? { phase } : { phase, run })).toBe(moved);
  });
});

import { describe, expect, it } from 'vitest';
import { buildReport } from '../../../domain/report/build.ts';
import { rehearsalMeasures } from '../../../domain/report/drill.ts';
import { renderReportMarkdown } from '../../../domain/report/markdown.ts';
import { reportSchema } from '../../../domain/report/report.ts';
import { aPlaybook, aStage, aStatus, aStep, at } from '../run/a-run.ts';

const looks = [
  aStep('check-health', { kind: 'checkHealth', state: 'done', startedAt: at(200_000), finishedAt: at(240_000) }),
  aStep('see-by-name', { kind: 'seeFromOutside', state: 'done', startedAt: at(250_000), finishedAt: at(300_000) }),
];
const rehearsed = (more: object = {}) =>
  aStatus({
    procedure: 'isolated-drill',
    from: 'us-west-2',
    phase: 'done',
    stages: [aStage('See it', [looks])],
    steady: ['Prove that the drill did not touch spacetime: all 14 are as they were'],
    ...more,
  });

describe('the report of a rehearsal', () => {
  it('counts from its own start: time to the last look, and what a loss in that moment would have cost', () => {
    const report = buildReport({ status: rehearsed(), rpo: 3_600_000 });
    expect(reportSchema.parse(report)).toEqual(report);
    expect(report.rto).toEqual({ verdict: 'not observed', ownCheck: 300_000, expected: 750_000, maximum: 900_000 });
    expect(report.rpo).toMatchObject({ verdict: 'met', achieved: 900_000, takenAt: '2026-01-02T02:45:00.000Z' });
    expect(buildReport({ status: rehearsed(), rpo: 600_000 }).rpo.verdict).toBe('missed');
    expect(renderReportMarkdown(report)).toContain('all 14 are as they were');
  });

  it('is judged where an observer of the drill saw it', () => {
    const recovered = { at: at(310_000), source: 'first healthy answer of the observer' };
    const { clock } = rehearsed();
    const report = buildReport({ status: rehearsed({ clock: { ...clock, recovered } }) });
    expect(report.rto).toMatchObject({ verdict: 'met', achieved: 310_000 });
  });

  it('states no time where it did not come to all of its looks', () => {
    const [first] = looks;
    const short = [first, aStep('see-by-name', { kind: 'seeFromOutside', state: 'failed', finishedAt: at(9) })];
    const status = rehearsed({ phase: 'failed', stages: [aStage('See it', [short as typeof looks])] });
    expect(buildReport({ status }).rto).toEqual({ verdict: 'not observed', expected: 750_000, maximum: 900_000 });
  });

  it('tells the drill that had it done what it measured, and names that drill', () => {
    expect(rehearsalMeasures(rehearsed())).toEqual({ from: at(0), act: 300_000, rpo: 900_000 });
    const playbook = aPlaybook({ partOf: 'drill-1' });
    expect(buildReport({ status: rehearsed(), playbook }).partOf).toBe('drill-1');
    expect(buildReport({ status: rehearsed(), playbook: aPlaybook() })).not.toHaveProperty('partOf');
  });

  it('says nothing of it in the report of a real run', () => {
    const report = buildReport({ status: aStatus({ stages: [aStage('See it', [looks])], steady: ['well'] }) });
    expect(report.rto).not.toHaveProperty('ownCheck');
    expect(report).not.toHaveProperty('seen');
  });
});

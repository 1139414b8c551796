import { describe, expect, it } from 'vitest';
import { drillSentence } from '../../../domain/drills/report.ts';
import type { Playbook } from '../../../domain/playbook/playbook.ts';
import { buildReport } from '../../../domain/report/build.ts';
import { renderReportMarkdown } from '../../../domain/report/markdown.ts';
import { reportSchema } from '../../../domain/report/report.ts';
import type { RunStatus } from '../../../domain/run/run.ts';
import { aPlaybook, aStage, aStatus, aStep, at } from '../run/a-run.ts';

const playbook: Playbook = {
  ...aPlaybook(),
  drill: {
    name: 'quarterly',
    kind: 'restore-test',
    roles: ['DR Coordinator'],
    items: [
      { step: 'during-endpoints', when: 'during', title: 'Endpoints functional', ask: 'yes-no' },
      { step: 'after-lessons', when: 'after', title: 'Lessons', ask: 'text' },
      { step: 'sign-off-lead', when: 'sign-off', title: 'Lead: sign?', ask: 'yes-no', role: 'Lead' },
    ],
  },
};
const said = {
  'during-endpoints': { by: 'dana', at: at(1_000), answer: 'yes' },
  'after-lessons': { by: 'dana', at: at(2_000), answer: 'more disk' },
  'sign-off-lead': { by: 'erik', at: at(3_000), answer: 'yes', role: 'Lead' },
  'test-database': { component: 'database', verdict: 'good' },
};

function statusOf(
  states: Partial<Record<string, 'done' | 'skipped' | 'failed' | 'pending'>> = {},
  more: Partial<RunStatus> = {},
) {
  const ids = ['test-database', 'during-endpoints', 'after-lessons', 'sign-off-lead'];
  const steps = ids.map((id) => aStep(id, { state: states[id] ?? 'done' }));
  return aStatus({ phase: 'done', stages: [aStage('All', [steps])], ...more });
}

const reportOf = (outputs: object = {}, states = {}, more: Partial<RunStatus> = {}) =>
  buildReport({ status: statusOf(states, more), playbook, outputs: { ...said, ...outputs } }).drill;

describe('a drill', () => {
  it('is passed when everything was answered well, and says who said what and when', () => {
    const drill = reportOf();
    expect(drill).toMatchObject({ name: 'quarterly', kind: 'restore-test', result: 'passed', findings: [] });
    expect(drill?.answers[1]).toEqual({
      step: 'after-lessons',
      when: 'after',
      title: 'Lessons',
      ask: 'text',
      state: 'answered',
      by: 'dana',
      at: at(2_000),
      answer: 'more disk',
    });
  });

  it('is failed by a no, by a signature that is refused, and by a restore that came out wrong', () => {
    expect(reportOf({ 'during-endpoints': { by: 'dana', answer: 'no: 500' } })).toMatchObject({
      result: 'failed',
      findings: ['Endpoints functional: no: 500 (dana).'],
    });
    expect(reportOf({ 'sign-off-lead': { by: 'erik', answer: 'No', role: 'Lead' } })?.findings).toEqual([
      'erik does not sign as Lead: No.',
    ]);
    expect(reportOf({ 'test-database': { component: 'database', verdict: 'bad', why: 'rows differ' } })).toMatchObject({
      result: 'failed',
      findings: ['database does not restore as it was: rows differ'],
    });
    expect(reportOf({}, { 'test-database': 'failed' })?.result).toBe('failed');
  });

  it('is incomplete where something was not answered, was skipped, or could not be tried', () => {
    expect(reportOf({}, { 'after-lessons': 'failed' })).toMatchObject({
      result: 'incomplete',
      findings: ['"Lessons" was not answered.'],
    });
    expect(reportOf({ 'sign-off-lead': { by: 'frank' } }, { 'sign-off-lead': 'skipped' })?.findings).toEqual([
      '"Lead: sign?" was skipped by frank.',
    ]);
    const cannot = { 'test-database': { component: 'database', verdict: 'cannot', why: 'a repository of its own' } };
    expect(reportOf(cannot)?.result).toBe('incomplete');
  });

  it('was called off where somebody aborted it, whatever was answered, and says why', () => {
    const timeline = [
      {
        at: at(1),
        kind: 'decision' as const,
        by: 'Muster',
        text: 'abort: it makes way for a recovery: svc/recovery began',
      },
    ];
    expect(reportOf({}, { 'after-lessons': 'pending' }, { phase: 'aborted', timeline })).toMatchObject({
      result: 'called-off',
      findings: ['Called off by Muster: it makes way for a recovery: svc/recovery began.'],
    });
    expect(reportOf({}, {}, { phase: 'failed' })?.result).toBe('failed');
  });

  it('with a fault put in is passed when what was damaged is called bad, and failed when that went unnoticed', () => {
    const faulty = { ...playbook, drill: { ...playbook.drill, fault: 'damaged-part' } } as Playbook;
    const bad = { ...said, 'test-database': { component: 'database', verdict: 'bad', why: 'PartCorrupted' } };
    const noticed = buildReport({ status: statusOf(), playbook: faulty, outputs: bad }).drill;
    expect(noticed).toMatchObject({ result: 'passed', fault: 'damaged-part', findings: [] });
    const missed = statusOf({ 'test-database': 'failed' });
    expect(buildReport({ status: missed, playbook: faulty, outputs: said }).drill?.result).toBe('failed');
  });

  it('has its part of the report, which reads back, and a run that is none has no such part', () => {
    const report = buildReport({ status: statusOf(), playbook, outputs: said });
    expect(reportSchema.parse(JSON.parse(JSON.stringify(report))).drill).toEqual(report.drill);
    const text = renderReportMarkdown(report);
    expect(text).toContain('## Drill quarterly (restore-test): passed');
    expect(text).toContain(`| after | Lessons | more disk | dana | ${at(2_000)} |`);
    expect(text).toContain(`| Lead | yes | erik | ${at(3_000)} |`);
    const none = buildReport({ status: statusOf(), playbook: aPlaybook(), outputs: said });
    expect('drill' in none).toBe(false);
    expect(renderReportMarkdown(none)).not.toContain('## Drill');
  });

  it('is told in a sentence', () => {
    const drill = reportOf({ 'during-endpoints': { by: 'dana', answer: 'no: 500' } }, { 'after-lessons': 'failed' });
    expect(drill && drillSentence(drill, 'spacetime')).toBe(
      'Drill quarterly (restore-test) of spacetime failed: 2 of 3 items answered. Endpoints functional: no: 500 (dana). And 1 more.',
    );
  });
});

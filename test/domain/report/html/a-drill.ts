/** Reports of drills to look at: the quarterly tabletop that passed, and a restore test that found the database wrong. */
import { type Report, reportSchema } from '../../../../domain/report/report.ts';
import { at } from '../../run/a-run.ts';
import { aFullReport } from './a-report.ts';

type Drill = NonNullable<Report['drill']>;
type Answer = Drill['answers'][number];

const said = (step: string, title: string, when: Answer['when'], more: Partial<Answer> = {}): Answer => ({
  ...{ step, title, when, ask: 'yes-no', state: 'answered', answer: 'yes', by: 'dr-coordinator', at: at(60_000) },
  ...more,
});

export function aPassedDrill(): Report {
  const answers = [
    said('a', 'Notify team and stakeholders', 'before', { ask: 'done', answer: undefined }),
    said('b', 'Verify DR environment ready', 'before'),
    said('c', '1. Fence', 'during', { ask: 'text', answer: 'the engineer on call; the console says stopped' }),
    said('d', 'Service accessible in DR region', 'during'),
    said('e', 'Document lessons learned', 'after', { ask: 'text', answer: 'the console was slow' }),
    said('f', 'Sign off', 'sign-off', { role: 'DR Coordinator' }),
    said('g', 'Sign off', 'sign-off', { role: 'Engineering Manager', by: 'engineering-manager' }),
  ];
  const { total, waiting } = aFullReport().durations;
  return ofDrill({
    ...{ name: 'quarterly', kind: 'tabletop', result: 'passed', findings: [], answers },
    metrics: { total, waiting, decide: 60_000 },
  });
}

/** Against the one before it, which passed and was faster. */
export function aFailedDrill(): Report {
  const { total, waiting } = aFullReport().durations;
  const rpo = { achieved: 780_000, target: 3_600_000, met: true };
  return ofDrill({
    ...{ name: 'monthly-verification', kind: 'restore-test', result: 'failed' },
    findings: ['The database does not restore as it was.', 'Smoke tests: no: /login answers 500'],
    answers: [
      said('a', 'Smoke tests', 'during', { answer: 'no: /login answers 500' }),
      said('b', 'Performance acceptable', 'during', {
        state: 'not answered',
        answer: undefined,
        by: undefined,
        at: undefined,
      }),
    ],
    metrics: {
      total,
      waiting,
      act: 90_000,
      verify: 12_000,
      rto: { achieved: 90_000, target: 60_000, met: false },
      rpo,
    },
    compared: {
      ...{ run: 'drill-20251202-030000-ab12', ended: at(0), result: 'passed', passed: 3, of: 4 },
      changes: [{ metric: 'act', now: 90_000, before: 45_000, slower: true }],
    },
  });
}

function ofDrill(drill: Drill): Report {
  const full = aFullReport();
  const passed = drill.result === 'passed';
  return reportSchema.parse({
    ...full,
    ...{ procedure: 'drill', run: 'drill-20260102-030000-ab12', workflowId: 'spacetime/drill' },
    ...{
      requestedBy: `schedule drill-${drill.name}`,
      reason: 'due by the plan',
      drill,
      risks: [],
      approvals: [],
      decisions: [],
    },
    result: passed ? 'done' : 'failed',
    times: { ...full.times, outage: undefined, recovered: undefined },
    ...{ downtime: undefined, writes: undefined, curve: undefined, skipped: [], unfenced: [] },
    rto: { verdict: 'not observed', basis: '' },
    failed: passed
      ? []
      : [{ step: 'check-data', title: 'Check the data against the recovery point', error: '2 of 42 checks differ' }],
  });
}

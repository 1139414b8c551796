import { describe, expect, test } from 'vitest';
import { buildReport } from '../../../domain/report/build.ts';
import { renderReportMarkdown } from '../../../domain/report/markdown.ts';
import { reportSchema } from '../../../domain/report/report.ts';
import { resultWords } from '../../../domain/report/words.ts';
import { aPlaybook, aPlaybookStep, aStage, aStatus, aStep, at, declaredAt } from '../run/a-run.ts';

const clock = aStatus().clock;

/** Outage 1 min before the declaration, back 5 min after it, 2 min of them waiting for an approval. */
const recovered = aStatus({
  phase: 'done',
  clock: { ...clock, waiting: 120_000 },
  stages: [
    aStage('Restore', [
      [
        aStep('restore-files', { state: 'done', startedAt: at(130_000), finishedAt: at(190_000), busy: 59_000 }),
        aStep('restore-database', { state: 'done', startedAt: at(130_000), finishedAt: at(210_000), busy: 79_500 }),
      ],
      [aStep('start', { state: 'done', startedAt: at(210_300), finishedAt: at(220_300), busy: 9_900 })],
    ]),
    aStage('Watch', [[aStep('watch', { state: 'done', startedAt: at(301_000), finishedAt: at(900_000) })]], {
      type: 'watch',
      startedAt: at(301_000),
      finishedAt: at(900_000),
    }),
  ],
  timeline: [
    { at: at(0), kind: 'start', text: 'asked for', by: 'dana' },
    { at: at(10_000), kind: 'fact', text: 'playbook compiled' },
    { at: at(130_000), kind: 'decision', text: 'go', by: 'eli' },
    { at: at(901_000), kind: 'end', text: 'done' },
  ],
});
const observed = { source: 'observer', outage: { since: at(-60_000), until: at(300_000) } };

describe('RTO', () => {
  test('is declaration to recovery as the observer saw it, people included and also shown apart', () => {
    const { rto } = buildReport({ status: recovered, observed });
    expect(rto).toMatchObject({ verdict: 'met', achieved: 300_000, withoutWaiting: 180_000, maximum: 900_000 });
  });

  test('is not observed when nobody outside looked, whatever the run itself believes', () => {
    const status = { ...recovered, clock: { ...clock, recovered: { at: at(240_000), source: 'health check' } } };
    const { rto, downtime } = buildReport({ status });
    expect(rto).toMatchObject({ verdict: 'not observed', ownCheck: 240_000 });
    expect(rto.achieved).toBeUndefined();
    expect(downtime).toBeUndefined();
  });

  test.each([
    [700_000, 'met'],
    [800_000, 'over expected'],
    [900_001, 'missed'],
  ] as const)('of %d ms is judged as %s', (until, verdict) => {
    const report = buildReport({
      status: recovered,
      observed: { source: 'observer', outage: { since: at(-1), until: at(until) } },
    });
    expect(report.rto.verdict).toBe(verdict);
  });

  test('an outage that was over before the declaration is no recovery of this run', () => {
    const early = { source: 'observer', outage: { since: at(-90_000), until: at(-30_000) } };
    expect(buildReport({ status: recovered, observed: early }).rto.verdict).toBe('not observed');
  });
});

describe('RPO', () => {
  test('is the start of the outage minus the moment the restored data stands for', () => {
    const { rpo } = buildReport({ status: recovered, observed, rpo: 3_600_000 });
    expect(rpo).toMatchObject({ verdict: 'met', achieved: 14 * 60_000 });
  });

  test('is missed when the point is older than the plan allows', () => {
    expect(buildReport({ status: recovered, observed, rpo: 60_000 }).rpo.verdict).toBe('missed');
  });

  test('counts from the declaration and says so when the start of the outage is unknown', () => {
    const { rpo } = buildReport({ status: recovered, rpo: 3_600_000 });
    expect(rpo).toMatchObject({ verdict: 'not observed', achieved: 15 * 60_000 });
    expect(rpo.basis).toContain('was not observed');
  });
});

test("downtime and lost writes are the observer's", () => {
  const report = buildReport({ status: recovered, observed: { ...observed, writes: { acknowledged: 900, lost: 7 } } });
  expect(report.downtime).toMatchObject({ ms: 360_000 });
  expect(report.writes).toEqual({ acknowledged: 900, lost: 7, source: 'observer' });
});

describe('overhead', () => {
  test('is execution minus the longest step of each rank; neither approval nor watch counts', () => {
    expect(buildReport({ status: recovered }).overhead).toEqual({
      execution: 90_300,
      criticalPath: 89_400,
      waiting: 0,
      ms: 900,
    });
  });

  test('takes off what was waited for people between steps', () => {
    const status = { ...recovered, clock: { ...recovered.clock, waiting: 120_500 } };
    expect(buildReport({ status }).overhead).toMatchObject({ waiting: 500, ms: 400 });
  });

  test('counts a stage that went on beside the others only where something waited for it', () => {
    const done = (id: string, from: number, to: number, busy: number) =>
      aStep(id, { state: 'done', startedAt: at(130_000 + from), finishedAt: at(130_000 + to), busy });
    const stages = [
      aStage('Fence', [[done('fence', 0, 8_100, 8_000)]], { alongside: true }),
      aStage('Power up', [[done('start', 0, 2_100, 2_000)]]),
      aStage('Gate', [], { type: 'gate' }),
      aStage('Prove', [[done('check', 8_150, 9_200, 1_000)]]),
    ];
    const report = buildReport({ status: { ...recovered, stages } });
    expect(report.overhead).toEqual({ execution: 9_200, criticalPath: 9_000, waiting: 0, ms: 200 });
  });

  test('is not what a step needed that failed and was not required', () => {
    const failed = aStep('tell', { state: 'failed', startedAt: at(130_000), finishedAt: at(135_000), required: false });
    const report = buildReport({ status: { ...recovered, stages: [aStage('Monitoring', [[failed]])] } });
    expect(report.overhead).toMatchObject({ criticalPath: 5_000, ms: 0 });
  });

  test('is absent when nothing was executed', () => {
    expect(buildReport({ status: aStatus({ phase: 'rejected' }) }).overhead).toBeUndefined();
  });
});

test('time is split into machines, people and watch without a rest', () => {
  const { durations } = buildReport({ status: recovered });
  expect(durations).toMatchObject({ total: 901_000, waiting: 120_000, watch: 599_000 });
  expect(durations.machine + durations.waiting + durations.watch).toBe(durations.total);
});

describe('what is not as it should be', () => {
  const playbook = aPlaybook({
    items: [
      { type: 'stage', title: 'Fence', ranks: [[aPlaybookStep('fence-app'), aPlaybookStep('fence-db')]] },
      {
        type: 'gate',
        title: 'Fenced',
        steps: ['fence-app', 'fence-db'],
        outcome: 'fenced',
        risk: 'old-primary-not-fenced',
      },
    ],
  });
  const status = aStatus({
    phase: 'done',
    stages: [
      aStage('Fence', [
        [
          aStep('fence-app', { state: 'done', outcome: 'fenced' }),
          aStep('fence-db', { state: 'done', outcome: 'not fenced' }),
        ],
        [
          aStep('notify', { state: 'failed', error: { type: 'HostSilent', message: 'no answer' } }),
          aStep('monitoring', { state: 'skipped', skippedBy: 'eli' }),
        ],
      ]),
    ],
    risks: [{ id: 'old-primary-not-fenced', text: 'x', severity: 'high', acceptedBy: 'eli' }],
  });
  const report = buildReport({ status, playbook });

  test('names hosts that were not fenced, and who accepted it', () => {
    expect(report.gates).toEqual([
      { title: 'Fenced', outcome: 'fenced', short: [{ step: 'fence-db', outcome: 'not fenced' }], acceptedBy: 'eli' },
    ]);
  });

  test('names what failed and what was skipped, by whom', () => {
    expect(report.failed).toEqual([{ step: 'notify', title: 'Do notify', error: 'HostSilent: no answer' }]);
    expect(report.skipped).toEqual([{ step: 'monitoring', title: 'Do monitoring', by: 'eli' }]);
  });

  test('says it in Markdown', () => {
    const markdown = renderReportMarkdown(report);
    expect(markdown).toContain('**Not fenced**: `fence-db` (not fenced); accepted by eli');
    expect(markdown).toMatch(/Skipped.*monitoring.*eli/);
  });
});

test('survives JSON and its own schema', () => {
  const report = buildReport({ status: recovered, observed, playbook: aPlaybook(), rpo: 1 });
  expect(reportSchema.parse(JSON.parse(JSON.stringify(report)))).toEqual(JSON.parse(JSON.stringify(report)));
});

describe('Markdown', () => {
  test('states no RTO that nobody saw', () => {
    expect(renderReportMarkdown(buildReport({ status: recovered }))).toMatch(/RTO achieved \| not observed/);
  });

  test('shows achieved times with their source and the decisions with names', () => {
    const markdown = renderReportMarkdown(buildReport({ status: recovered, observed }));
    expect(markdown).toContain('RTO achieved | 5m (at most 15m, expected 12m30s): met');
    expect(markdown).toContain(`Declared | ${declaredAt} (start of the run)`);
    expect(markdown).toMatch(/Decisions\n\n- .* go \(eli\)/);
  });

  test('does not speak of RTO and RPO after a backup', () => {
    const status = aStatus({ procedure: 'backup', phase: 'done', point: undefined });
    expect(renderReportMarkdown(buildReport({ status }))).not.toContain('RTO achieved');
  });
});

test.each([
  [7, '- **Lost**: 7 of 900 acknowledged writes (observer)'],
  [0, undefined],
])('%i lost writes are among what is not as it should be where there are any', (lost, line) => {
  const report = buildReport({ status: recovered, observed: { ...observed, writes: { acknowledged: 900, lost } } });
  const text = renderReportMarkdown(report);
  if (line === undefined) expect(text).not.toContain('**Lost**');
  else expect(text).toContain(line);
});

test('who let it go alone in an emergency stands first among what is not as it should be', () => {
  const given = { by: 'frank', at: at(130_000), decision: 'go' as const, accepted: true, why: 'nobody else answers' };
  const approvals = [
    { ...given, accepted: false, emergency: true as const },
    { ...given, emergency: true as const },
  ];
  const report = buildReport({ status: { ...recovered, approvals }, observed });
  expect(report.emergencies).toEqual([{ by: 'frank', at: at(130_000), reason: 'nobody else answers' }]);
  expect(renderReportMarkdown(report)).toContain('- **Emergency**: frank let it go alone: nobody else answers');
  expect(buildReport({ status: recovered, observed }).emergencies).toBeUndefined();
});

test('approvals of the playbooks before a change of plan are named, with an emergency among them', () => {
  const [before, now] = ['aa'.repeat(32), 'bb'.repeat(32)];
  const alone = {
    by: 'frank',
    at: at(1),
    decision: 'go',
    accepted: true,
    emergency: true,
    why: 'nobody answers',
  } as const;
  const status = aStatus({
    playbook: now,
    approvals: [{ by: 'erin', at: at(9), decision: 'go', accepted: true, key: 'SHA256:abc' }],
    approvedBefore: [{ ...alone, playbook: before }],
  });
  const report = buildReport({ status });
  expect(report.approvals?.map(({ by, playbook }) => [by, playbook])).toEqual([
    ['frank', before],
    ['erin', now],
  ]);
  expect(report.emergencies).toEqual([{ by: 'frank', at: at(1), reason: 'nobody answers' }]);
  const text = renderReportMarkdown(reportSchema.parse(report)).replaceAll('\u00a0', '');
  expect(text).toContain('EMERGENCY go: nobody answers');
  expect(text).toContain('`aaaaaaaaaaaa`');
  expect(text).toContain('SHA256:abc');
});

test('writes that only an old primary had and nobody counted are said, with their place and what to type', () => {
  const kept = {
    component: 'database',
    site: 'us-east-1',
    host: 'db',
    path: '/srv/pg/data.diverged-r-1',
    see: ['ssh db'],
  };
  const outputs = { 'prepare-replica-database': { outcome: 'streams', uncounted: [kept] }, other: { outcome: 'x' } };
  const report = reportSchema.parse(buildReport({ status: aStatus(), outputs }));
  expect(report.uncounted).toEqual([kept]);
  const text = renderReportMarkdown(report);
  expect(text).toContain(
    '**Not counted**: what only us-east-1 had of database is kept as `/srv/pg/data.diverged-r-1` on db',
  );
  expect(text).toContain('`ssh db`');
  expect(buildReport({ status: aStatus() }).uncounted).toBeUndefined();
});

test('a run that was refused before it had a playbook says why, and promises and measures nothing', () => {
  const refused = { type: 'HostNotFound', message: 'No host has these tags. Try: others' };
  const status = aStatus({ procedure: 'backup', phase: 'failed', point: undefined, playbook: undefined, stages: [] });
  const report = reportSchema.parse(JSON.parse(JSON.stringify(buildReport({ status, refused }))));
  expect(report).toMatchObject({ result: 'failed', refused, components: [], steps: [] });
  expect(report.made).toBeUndefined();
  expect(renderReportMarkdown(report)).toContain('**Refused**: No host has these tags. Try: others');
  expect(buildReport({ status: recovered }).refused).toBeUndefined();
});

test.each([
  ['done', undefined, 'carried out to its end.'],
  ['done', [{ step: 'verify-points', text: 'it has lost the dump' }], 'found what is bad'],
  ['put-back', undefined, 'was put back'],
  ['executing', undefined, 'had not ended'],
] as const)('a run that is %s with %o found bad says so', (result, bad, words) => {
  expect(resultWords({ result, bad: bad && [...bad] })).toContain(words);
});

/** Reports to look at: a failover with all that one can have, and the smallest one, as an older build wrote it. */
import { buildReport } from '../../../../domain/report/build.ts';
import { type Report, reportSchema } from '../../../../domain/report/report.ts';
import type { StepStatus } from '../../../../domain/run/run.ts';
import { aPlaybook, aPlaybookStep, aStage, aStatus, aStep, at } from '../../run/a-run.ts';

const clock = aStatus().clock;

function step(id: string, from: number, to: number, more: Partial<StepStatus> = {}): StepStatus {
  return aStep(id, {
    ...{ title: titles[id] ?? `Do ${id}`, state: 'done', startedAt: at(from * 1_000), finishedAt: at(to * 1_000) },
    ...{ busy: (to - from) * 1_000 - 200, expected: (to - from) * 900, worker: 'worker-west' },
    ...more,
  });
}

const titles: Record<string, string> = {
  'withdraw-name': 'Take spacetime-api.company.com away from us-east-1',
  'fence-app': 'Fence app-1 at us-east-1',
  'start-app': 'Start app-1 at us-west-2',
  'restore-database': 'Restore database on db from 20260102_024500',
  'restore-application': 'Restore application on app from 20260102_024500',
  'check-data': 'Check the data against the recovery point',
  'start-service': 'Start the service on app-1',
  'point-name': 'Point spacetime-api.company.com at us-west-2',
  'await-healthy': 'See the service healthy from outside',
  monitoring: 'Update monitoring',
  watch: 'Watch the service for 1 hour',
};

/** A failover at night: an approval waited for, a host that could not be fenced, a step skipped, seen by an observer. */
export function aFullReport(): Report {
  const status = aStatus({
    run: 'failover-20260102-030000-ab12',
    phase: 'done',
    reason: 'us-east-1 does not answer since 02:58',
    clock: {
      ...clock,
      waiting: 130_000,
      waits: [
        { from: at(12_000), to: at(132_000), what: 'a go or no-go' },
        { from: at(150_000), to: at(160_000), what: 'the risk old-primary-not-fenced' },
      ],
    },
    risks: [
      ...aStatus().risks.map((risk) => ({ ...risk, acceptedBy: 'duty-manager' })),
      { id: 'point-older-than-rpo', text: 'The newest point is older than the RPO allows', severity: 'medium' },
    ],
    approvals: [
      {
        by: 'duty-manager',
        at: at(132_000),
        decision: 'go',
        accepted: true,
        key: 'SHA256:8Ycz0lJm3yUq1b9dY4vWJt2oXK1u1uVQm8s3z5r7xQk',
      },
    ],
    stages: [
      aStage('Take the name away', [[step('withdraw-name', 132, 135)]]),
      aStage('Fence', [[step('fence-app', 132, 150, { outcome: 'not fenced: no answer' })]]),
      aStage('Power up', [[step('start-app', 160, 205)]]),
      aStage('Restore', [
        [step('restore-database', 205, 310), step('restore-application', 205, 262)],
        [step('check-data', 310, 322, { outcome: '42 checks agree' })],
      ]),
      aStage('Serve', [
        [step('start-service', 322, 340)],
        [step('point-name', 340, 352), step('await-healthy', 352, 371)],
      ]),
      aStage('Monitoring', [
        [step('monitoring', 371, 371, { state: 'skipped', skippedBy: 'duty-manager', finishedAt: at(371_400) })],
      ]),
      aStage('Watch', [[step('watch', 372, 3972)]], {
        type: 'watch',
        startedAt: at(372_000),
        finishedAt: at(3_972_000),
      }),
    ],
    timeline: [
      { at: at(0), kind: 'start', text: 'failover of spacetime asked for', by: 'night-shift' },
      { at: at(11_000), kind: 'fact', text: 'playbook compiled: 12 steps' },
      { at: at(132_000), kind: 'decision', text: 'go', by: 'duty-manager' },
      { at: at(160_000), kind: 'decision', text: 'accepts the risk old-primary-not-fenced', by: 'duty-manager' },
      { at: at(371_000), kind: 'clock', text: 'service healthy' },
      { at: at(371_300), kind: 'decision', text: 'skip monitoring: the console is down too', by: 'duty-manager' },
      { at: at(3_973_000), kind: 'end', text: 'done' },
    ],
  });
  const playbook = aPlaybook({
    items: [
      { type: 'stage', title: 'Fence', ranks: [[aPlaybookStep('fence-app')]] },
      { type: 'gate', title: 'Fenced', steps: ['fence-app'], outcome: 'fenced', risk: 'old-primary-not-fenced' },
    ],
  });
  const curve = {
    ...{ source: 'observer at http://127.0.0.1:8390', from: at(-300_000), bucketMs: 10_000 },
    good: Array.from({ length: 100 }, (_, n) => (n < 18 || n > 67 ? 40 : n > 50 && n < 53 ? 0 : 0)),
    failed: Array.from({ length: 100 }, (_, n) => (n >= 18 && n <= 67 && !(n > 50 && n < 53) ? 38 : 0)),
  };
  return buildReport({
    status,
    playbook,
    rpo: 3_600_000,
    observed: {
      source: 'observer at http://127.0.0.1:8390',
      outage: { since: at(-120_000), until: at(371_000) },
      writes: { acknowledged: 4_120, lost: 37 },
      curve,
    },
    proof: [
      {
        state: 'replicated',
        at: at(-840_000),
        run: 'backup-20260102-024500-cd34',
        locations: ['west'],
        how: 'copied and compared by hash',
      },
      {
        state: 'proven',
        at: at(-600_000),
        run: 'test-restore-20260102-025000-ef56',
        locations: ['west'],
        depth: 'full',
        how: 'restored on scratch-1; 42 checks agree',
      },
    ],
  });
}

/** What a build before this wrote: none of the later fields. */
export function anOldReport(): Report {
  const {
    approvals: _,
    emergencies: __,
    components: ___,
    ...rest
  } = buildReport({ status: aStatus({ phase: 'rejected' }) });
  return reportSchema.parse(JSON.parse(JSON.stringify(rest)));
}

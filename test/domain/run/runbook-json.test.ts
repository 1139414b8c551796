import { expect, test } from 'vitest';
import type { Playbook } from '../../../domain/playbook/playbook.ts';
import { buildReport } from '../../../domain/report/build.ts';
import { runbookJson } from '../../../domain/run/runbook-json.ts';
import { compilers } from '../../../playbooks/index.ts';
import { aSituation } from '../../playbooks/a-situation.ts';
import { aStage, aStatus, aStep, at } from './a-run.ts';

const doneIn = (id: string, kind: string, ms: number) =>
  aStep(id, { kind, state: 'done', startedAt: at(1_000), finishedAt: at(1_000 + ms) });

async function reportOf(
  procedure: 'backup' | 'full-recovery',
  ranks: ReturnType<typeof aStep>[],
  more: object,
  outputs = {},
) {
  const playbook = compilers[procedure](await aSituation(procedure)) as Playbook;
  const status = aStatus({ procedure, phase: 'done', stages: [aStage('x', [ranks])], ...more });
  return buildReport({ status, playbook, outputs, endedAt: at(60_000) });
}

test('a backup is told as the runbook tells it: id, times, size and time of each component', async () => {
  const captures = ['configuration', 'database', 'application', 'certificates', 'logs'];
  const steps = captures.map((name, index) => doneIn(`capture-${name}`, 'captureComponent', (index + 1) * 1_500));
  const outputs = {
    'capture-configuration': { component: 'configuration', bytes: 2_048, storedBytes: 900, entries: 6 },
    'capture-database': { component: 'database', bytes: 5_368_709_120, storedBytes: 1_000, entries: 1 },
    'commit-point': { point: '20260102_030001', manifestSha256: 'ab' },
  };
  const json = runbookJson(await reportOf('backup', steps, { point: undefined }, outputs));
  expect(json).toEqual({
    backup_id: '20260102_030001',
    start_time: at(0),
    end_time: at(60_000),
    components: {
      configuration: { type: 'files', size_bytes: 2_048, file_count: 6, duration_seconds: 1.5, success: true },
      database: { type: 'postgresql', size_bytes: 5_368_709_120, duration_seconds: 3, success: true },
      application: { type: 'files', duration_seconds: 4.5, success: true },
      certificates: { type: 'files', duration_seconds: 6, success: true },
      logs: { type: 'files', duration_seconds: 7.5, success: true },
    },
    overall_success: true,
  });
});

test('one component that failed or was skipped makes the whole no success', async () => {
  const steps = [
    doneIn('capture-configuration', 'captureComponent', 10),
    aStep('capture-database', { state: 'skipped' }),
  ];
  const json = runbookJson(await reportOf('backup', steps, {}));
  expect(json.components).toMatchObject({ configuration: { success: true }, database: { success: false } });
  expect(json.overall_success).toBe(false);
});

test('a recovery has its place and an RTO only where somebody outside saw it', async () => {
  const steps = [doneIn('restore-database', 'restoreComponent', 412_300)];
  const json = runbookJson(await reportOf('full-recovery', steps, {}));
  expect(json).toMatchObject({ backup_id: '20260102_024500', restore_location: 'us-west-2', rto_seconds: null });
  expect(json.components.database).toEqual({ type: 'postgresql', duration_seconds: 412.3, success: true });
});

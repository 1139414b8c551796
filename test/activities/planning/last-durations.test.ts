/** Estimates out of earlier reports, from a folder and from a store that behave as real ones do. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lastDurations } from '../../../activities/planning/last-durations.ts';
import { buildReport } from '../../../domain/report/build.ts';
import type { RunStatus } from '../../../domain/run/run.ts';
import { aStage, aStatus, aStep, at } from '../../domain/run/a-run.ts';

const wanted = { service: 'spacetime', procedure: 'failover', from: 'us-east-1', to: 'us-west-2' } as const;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-reports-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('are what each step was busy in the finished runs of the same procedure and direction, newest first', async () => {
  await leave('failover-20260101-000000-aaaa', 1_000);
  await leave('failover-20260103-000000-bbbb', 3_000);
  await leave('failover-20260104-000000-cccc', 4_000, { phase: 'aborted' });
  await leave('failover-20260105-000000-dddd', 5_000, { from: 'us-west-2', to: 'us-east-1' });
  await leave('backup-20260106-000000-eeee', 6_000, { procedure: 'backup' });
  expect(await lastDurations(wanted, { folder })).toEqual(new Map([['restore', [3_000, 1_000]]]));
});

test('are unknown where there is no report, no folder, or no store that answers', async () => {
  expect((await lastDurations(wanted, { folder })).size).toBe(0);
  const store = async () => {
    throw new Error('gone');
  };
  expect((await lastDurations(wanted, { store })).size).toBe(0);
  const hangs = () => new Promise<never>(() => {});
  expect((await lastDurations(wanted, { store: hangs, limit: 50 })).size).toBe(0);
});

test('a report that is no report is no reason to fail', async () => {
  await mkdir(join(folder, 'spacetime', 'failover-20260109-000000-ffff'), { recursive: true });
  await writeFile(join(folder, 'spacetime', 'failover-20260109-000000-ffff', 'report.json'), '{"half":');
  await leave('failover-20260101-000000-aaaa', 1_000);
  expect(await lastDurations(wanted, { folder })).toEqual(new Map([['restore', [1_000]]]));
});

async function leave(run: string, busy: number, more: Partial<RunStatus> = {}): Promise<void> {
  const steps = [
    aStep('restore', { state: 'done', startedAt: at(0), finishedAt: at(busy + 200), busy }),
    aStep('manual-call', { kind: 'manual', state: 'done', startedAt: at(0), finishedAt: at(90_000) }),
    aStep('skipped', { state: 'skipped' }),
  ];
  const report = buildReport({ status: aStatus({ run, phase: 'done', stages: [aStage('x', [steps])], ...more }) });
  await mkdir(join(folder, 'spacetime', run), { recursive: true });
  await writeFile(join(folder, 'spacetime', run, 'report.json'), JSON.stringify(report));
}

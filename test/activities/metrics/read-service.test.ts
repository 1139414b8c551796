/** From objects in the locations to the page that Prometheus reads. */
import { execFile } from 'node:child_process';
import { rename } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startMetrics } from '../../../workers/metrics.ts';
import { type Estate, far, makeEstate } from '../../support/estate.ts';

let estate: Estate;
let metrics: Awaited<ReturnType<typeof startMetrics>>;
let port: number;
const said: string[] = [];
const taken = Math.floor(Date.now() / 1_000) * 1_000 - 1_800_000;

beforeAll(async () => {
  estate = await makeEstate();
  await estate.point(taken);
  await estate.point(taken - 3_600_000, {}, ['replicated', 'verified']);
  const components = [
    { component: 'database', driver: 'postgresql', step: 'c', done: true, took: 90_000, kind: 'full' as const },
  ];
  await estate.report(taken + 600_000, { components });
  await estate.report(taken - 3_000_000, { components, result: 'failed' }, [far]);
  const env = { MUSTER_METRICS: '127.0.0.1:0', MUSTER_METRICS_EVERY: '50ms' };
  metrics = await startMetrics(env, { plans: { folder: estate.plans, overlays: [] } }, (text) => void said.push(text));
  port = metrics?.port() as number;
});
afterAll(async () => {
  await metrics?.close();
  await estate?.end();
});

async function scraped(): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${port}/metrics`);
  expect(answer.status).toBe(200);
  return await answer.text();
}

async function scrapedUntil(line: string): Promise<string> {
  let text = '';
  await vi.waitFor(
    async () => {
      text = await scraped();
      expect(text).toContain(line);
    },
    { timeout: 30_000, interval: 100 },
  );
  return text;
}

const success = `backup_last_success_timestamp_seconds{service="spacetime",component="database",type="full"} ${taken / 1_000}\n`;

test('points, marks, reports and the plan stand on one page, with the names and labels of the runbooks', async () => {
  const text = await scrapedUntil('muster_reading_complete{service="spacetime"} 1');
  const labels = 'service="spacetime",component="database",type="full"';
  for (const line of [
    success,
    `backup_completed_total{${labels},status="success"} 1\n`,
    `backup_completed_total{${labels},status="failed"} 1\n`,
    `backup_duration_seconds{${labels}} 90\n`,
    'backup_size_bytes{service="spacetime",component="database"} 2000\n',
    'backup_storage_replication_status{service="spacetime",location="company-backups-dr"} 1\n',
    'backup_system_info{service="spacetime",version="0.1.0",target_rto="1800",target_rpo="3600"} 1\n',
    `backup_last_verified_timestamp_seconds{service="spacetime",depth="hashes"} ${taken / 1_000 - 3_600}\n`,
    'backup_success_ratio{service="spacetime"} 0.5\n',
    'backup_failures_in_a_row{service="spacetime",component="database"} 0\n',
  ])
    expect(text).toContain(line);
  expect(text).toMatch(/backup_storage_free_bytes\{service="spacetime",location="company-backups"\} [1-9]\d*\n/);
  expect(text).toMatch(/backup_certificate_expiry_timestamp_seconds\{service="spacetime",recipient="offline"\} [1-9]/);
  expect(said).toEqual(['metrics at 127.0.0.1:0']);
});

test('promtool finds nothing wrong with the page', async () => {
  const text = await scrapedUntil('muster_reading_complete{service="spacetime"} 1');
  const promtool = await new Promise<{ code: unknown; out: string }>((resolve) => {
    const child = execFile('promtool', ['check', 'metrics'], (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, out: stdout + stderr }),
    );
    child.stdin?.end(text);
  });
  expect(promtool).toEqual({ code: 0, out: '' });
});

test('a location that goes away is said, and nothing becomes newer or less for it', async () => {
  const away = `${estate.folders[far]}.away`;
  await rename(estate.folders[far] as string, away);
  const text = await scrapedUntil(
    'muster_location_up{service="spacetime",location="company-backups-dr",role="standby"} 0',
  );
  expect(text).toContain('muster_reading_complete{service="spacetime"} 0');
  expect(text).toContain('backup_storage_replication_status{service="spacetime",location="company-backups-dr"} 0');
  expect(text).toContain(success);
  expect(text).toMatch(/backup_completed_total\{[^}]*status="failed"\} 1\n/);
  // A worker that starts now cannot know of the run that only the silent location has a report of.
  const restarted = await startMetrics(
    { MUSTER_METRICS: '127.0.0.1:0' },
    { plans: { folder: estate.plans, overlays: [] } },
    () => {},
  );
  const first = port;
  port = restarted?.port() as number;
  const anew = await scrapedUntil('muster_reading_timestamp_seconds');
  expect(anew).toContain(success);
  expect(anew).not.toMatch(/^[a-z_]+_total\{/m);
  await restarted?.close();
  port = first;
  await rename(away, estate.folders[far] as string);
  await scrapedUntil('muster_reading_complete{service="spacetime"} 1');
});

test('anything but GET /metrics is not there, and without an address nothing is served', async () => {
  expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(404);
  expect((await fetch(`http://127.0.0.1:${port}/metrics`, { method: 'POST' })).status).toBe(404);
  expect(await startMetrics({}, { plans: { folder: estate.plans, overlays: [] } })).toBeUndefined();
});

test('a taken address stops no worker: it is said once and tried again; a wrong one is refused', async () => {
  const words: string[] = [];
  const deps = { plans: { folder: estate.plans, overlays: [] } };
  const second = await startMetrics({ MUSTER_METRICS: `127.0.0.1:${port}` }, deps, (text) => void words.push(text));
  expect(second?.port()).toBeUndefined();
  expect(words).toEqual([`no metrics at 127.0.0.1:${port}: EADDRINUSE`]);
  await second?.close();
  await expect(startMetrics({ MUSTER_METRICS: 'localhost' }, deps)).rejects.toMatchObject({ type: 'MetricsAddress' });
  await expect(
    startMetrics({ MUSTER_METRICS: '127.0.0.1:0', MUSTER_METRICS_EVERY: 'often' }, deps),
  ).rejects.toMatchObject({ type: 'MetricsInterval' });
});

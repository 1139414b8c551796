/** Every query of the dashboard, asked of a real Prometheus that scrapes a real worker's metrics and has the rules as installed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type MetricsServer, serveMetrics } from '../../activities/metrics/serve.ts';
import { keepReach } from '../../activities/notices/reach.ts';
import { families } from '../../domain/metrics/families.ts';
import { standbySamples } from '../../domain/metrics/of-places.ts';
import { startMetrics } from '../../workers/metrics.ts';
import { type Estate, makeEstate } from '../support/estate.ts';
import { freePort } from '../support/temporal.ts';
import { startTlsFront, type TlsFront } from '../support/tls-front.ts';

interface Panel {
  readonly title: string;
  readonly type: string;
  readonly targets?: readonly { readonly expr: string }[];
}

const deployed = (path: string) => fileURLToPath(new URL(`../../deploy/${path}`, import.meta.url));
const dashboard = JSON.parse(await readFile(deployed('grafana/backup_health.json'), 'utf8')) as {
  uid: string;
  panels: readonly Panel[];
};
const queries = dashboard.panels.flatMap(({ title, targets = [] }) =>
  targets.map(({ expr }) => ({ title, expr: expr.replaceAll('$service', 'spacetime') })),
);

let folder: string;
let estate: Estate;
let metrics: Awaited<ReturnType<typeof startMetrics>>;
let standby: MetricsServer;
let front: TlsFront;
let prometheus: ChildProcess;
let url: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-prometheus-'));
  estate = await makeEstate();
  await lately(estate);
  await around(estate);
  const env = { MUSTER_METRICS: '127.0.0.1:0', MUSTER_METRICS_EVERY: '1s' };
  metrics = await startMetrics(env, { plans: { folder: estate.plans, overlays: [] } }, () => {});
  // A database that streams takes two servers: what a worker says of one is served as it would be.
  const streams = standbySamples('spacetime', { database: { streaming: true, bytes: 0, seconds: 0 } });
  standby = await serveMetrics('127.0.0.1:0', { samples: () => streams, say: () => {} });
  const config = (await readFile(deployed('prometheus/prometheus.yml'), 'utf8'))
    .replace('127.0.0.1:9091', `127.0.0.1:${metrics?.port()}", "127.0.0.1:${standby.port()}`)
    // Nobody is to be paged by a test.
    .replace('127.0.0.1:9093', `127.0.0.1:${await freePort()}`)
    .replace('muster-alerts.yml', deployed('prometheus/muster-alerts.yml'))
    .replaceAll('_interval: 30s', '_interval: 1s')
    .replace('scrape_timeout: 10s', 'scrape_timeout: 1s');
  await writeFile(join(folder, 'prometheus.yml'), config);
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  const flags = [`--config.file=${folder}/prometheus.yml`, `--storage.tsdb.path=${folder}/data`];
  prometheus = spawn('prometheus', [...flags, `--web.listen-address=127.0.0.1:${port}`, '--log.level=error'], {
    stdio: 'ignore',
  });
  await vi.waitFor(async () => expect(await ask('ALERTS{alertname="MusterBackupFailed"}')).not.toBe(0), {
    timeout: 120_000,
    interval: 500,
  });
}, 180_000);
afterAll(async () => {
  const gone = new Promise((resolve) => prometheus?.once('exit', resolve));
  prometheus?.kill('SIGKILL');
  await gone;
  await metrics?.close();
  await standby?.close();
  await front?.stop();
  await estate?.end();
  await rm(folder, { recursive: true, force: true });
});

/** A certificate that is shown under the service's name, and a receiver that is reached. */
async function around({ plans, stores }: Estate): Promise<void> {
  front = await startTlsFront('http://127.0.0.1:9');
  const file = join(plans, 'spacetime.yaml');
  const plan = await readFile(file, 'utf8');
  await writeFile(file, plan.replace(/publicUrl: .*/, `publicUrl: ${front.endpoint}/status`));
  const deliveries = [{ name: 'team', sent: true, why: '' }];
  const told = { service: 'spacetime', event: 'done', at: new Date().toISOString(), deliveries };
  await keepReach(
    told,
    Object.values(stores).map((store) => async () => store),
  );
}

/** A day of a service: backups of both kinds, one that failed last, a test restore, a failover, a shipment of logs. */
async function lately(made: Estate): Promise<void> {
  const now = Math.floor(Date.now() / 1_000) * 1_000;
  await made.point(now - 7_200_000, {}, ['replicated', 'verified']);
  await made.point(now - 1_800_000, { kind: 'incremental' });
  const row = { component: 'database', driver: 'postgresql', step: 'capture-database', took: 60_000 } as const;
  const component = (kind: 'full' | 'incremental', done = true) => [{ ...row, kind, done }];
  await made.report(now - 7_000_000, { components: component('full') });
  await made.report(now - 1_700_000, { components: component('incremental') });
  await made.report(now - 600_000, { components: component('full', false), result: 'failed' });
  await made.report(now - 6_000_000, { procedure: 'test-restore', run: 'test-restore-1', requestedBy: 'dana' });
  await made.report(now - 5_000_000, {
    ...{ procedure: 'failover', run: 'failover-1' },
    rto: { verdict: 'met', achieved: 600_000 },
  });
  const archivedTo = { database: new Date(now - 300_000).toISOString() };
  await made.report(now - 200_000, { procedure: 'log-shipping', run: 'log-shipping-1', archivedTo });
}

/** How many series it answers. */
async function ask(expr: string): Promise<number> {
  const answer = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(expr)}`).catch(() => undefined);
  if (!answer || answer.status === 503) return 0;
  const body = (await answer.json()) as { status: string; error?: string; data: { result: unknown[] } };
  if (body.status !== 'success') throw new Error(`${expr}: ${body.error}`);
  return body.data.result.length;
}

test('the dashboard is called as in the runbook and asks for nothing that no worker exports', () => {
  expect(dashboard.uid).toBe('backup_health');
  const known = [...Object.keys(families), 'up', 'ALERTS'];
  const asked = queries.flatMap(({ expr }) => expr.match(/\b[a-z_A-Z]+(?=\{)/g) ?? []);
  expect(asked.length).toBeGreaterThanOrEqual(queries.length);
  expect(asked.filter((name) => !known.includes(name))).toEqual([]);
});

test('it has the panels of the runbooks', () => {
  const titles = dashboard.panels.map(({ title }) => title).join('\n');
  for (const wanted of [
    ...['Backup success rate (24 h)', 'Age of the last successful backup', 'Backup duration', 'Backup size'],
    ...['RPO now', 'RTO: last restore', 'Storage replication', 'Alerts', 'Drills by result', 'Failed backups'],
  ])
    expect(titles).toContain(wanted);
});

test.each(queries)('$title: $expr', async ({ expr }) => {
  // A scrape that took too long makes its series stale until the next one.
  await vi.waitFor(async () => expect(await ask(expr)).toBeGreaterThan(0), { timeout: 20_000, interval: 250 });
});

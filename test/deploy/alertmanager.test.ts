/** A real Alertmanager with the configuration as installed, but for the addresses: who is paged and who gets mail, and that somebody is. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { SMTPServer } from 'smtp-server';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import { freePort } from '../support/temporal.ts';

const run = promisify(execFile);
const file = fileURLToPath(new URL('../../deploy/alertmanager/alertmanager.yml', import.meta.url));
const rulesFile = fileURLToPath(new URL('../../deploy/prometheus/muster-alerts.yml', import.meta.url));

const pages: Record<string, unknown>[] = [];
const mails: string[] = [];
let folder: string;
let pager: Server;
let mail: SMTPServer;
let alertmanager: ChildProcess;
let url: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-alertmanager-'));
  pager = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      pages.push(JSON.parse(body));
      response.writeHead(202, { 'content-type': 'application/json' }).end('{"status":"success"}');
    });
  });
  await new Promise<void>((done) => pager.listen(0, '127.0.0.1', done));
  mail = new SMTPServer({
    authOptional: true,
    hideSTARTTLS: true,
    onData(stream, _, done) {
      let text = '';
      stream.on('data', (chunk) => {
        text += chunk;
      });
      stream.on('end', () => {
        mails.push(text);
        done();
      });
    },
  });
  const mailPort = await freePort();
  await new Promise<void>((done) => mail.listen(mailPort, '127.0.0.1', () => done()));
  const key = join(folder, 'pagerduty');
  await writeFile(key, 'an-integration-key');
  const config = (await readFile(file, 'utf8'))
    .replace('/etc/alertmanager/secrets/pagerduty', key)
    .replace('127.0.0.1:25', `127.0.0.1:${mailPort}`)
    .replace(
      /^global:$/m,
      `global:\n  pagerduty_url: http://127.0.0.1:${(pager.address() as AddressInfo).port}/v2/enqueue`,
    )
    // Half a minute and more is for people; who is told is what is looked at.
    .replaceAll(/group_wait: (30s|5m)/g, 'group_wait: 0s');
  await writeFile(join(folder, 'alertmanager.yml'), config);
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  const flags = [`--config.file=${folder}/alertmanager.yml`, `--storage.path=${folder}/data`];
  alertmanager = spawn(
    'prometheus-alertmanager',
    [...flags, `--web.listen-address=127.0.0.1:${port}`, '--cluster.listen-address=', '--log.level=warn'],
    { stdio: ['ignore', 'inherit', 'inherit'] },
  );
  await vi.waitFor(async () => expect((await fetch(`${url}/-/ready`)).status).toBe(200), {
    timeout: 60_000,
    interval: 100,
  });
}, 90_000);
afterAll(async () => {
  alertmanager?.kill('SIGKILL');
  pager?.close();
  await new Promise<void>((done) => mail.close(done));
  await rm(folder, { recursive: true, force: true });
});

async function raise(alertname: string, severity: string, more: Record<string, string> = {}): Promise<void> {
  const labels = { alertname, severity, service: 'spacetime', ...more };
  const annotations = {
    summary: `${alertname} of spacetime`,
    runbook_url: `docs/alerts.md#${alertname.toLowerCase()}`,
  };
  const answer = await fetch(`${url}/api/v2/alerts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify([{ labels, annotations }]),
  });
  expect(answer.status).toBe(200);
}

const arrived = (look: () => void) => vi.waitFor(look, { timeout: 45_000, interval: 100 });

describe('the configuration as installed', () => {
  test('is right in the eyes of amtool', async () => {
    const { stdout } = await run('amtool', ['check-config', file]);
    expect(stdout).toContain('SUCCESS');
  });

  test.each([
    [['severity=P0'], 'page'],
    [['severity=P1'], 'page'],
    [['severity=P1', 'escalate=director'], 'director,page'],
    [['severity=P2'], 'mail'],
    [['severity=P3'], 'ticket'],
    [['alertname=Strange'], 'mail'],
  ])('%j goes to %s', async (labels, receivers) => {
    const { stdout } = await run('amtool', ['config', 'routes', 'test', `--config.file=${file}`, ...labels]);
    expect(stdout.trim()).toBe(receivers);
  });

  test('has somebody at each receiver, and quiets only alerts that exist', async () => {
    const config = parse(await readFile(file, 'utf8')) as {
      receivers: { name: string; pagerduty_configs?: unknown[]; email_configs?: unknown[] }[];
      inhibit_rules: { source_matchers: string[]; target_matchers: string[] }[];
    };
    for (const { name, pagerduty_configs = [], email_configs = [] } of config.receivers)
      expect(pagerduty_configs.length + email_configs.length, name).toBeGreaterThan(0);
    const rules = await readFile(rulesFile, 'utf8');
    const named = config.inhibit_rules
      .flatMap(({ source_matchers, target_matchers }) => [...source_matchers, ...target_matchers])
      .flatMap((matcher) => matcher.match(/Muster\w+/g) ?? []);
    expect(named.length).toBeGreaterThan(20);
    for (const name of named) expect(rules).toContain(`- alert: ${name}\n`);
  });
});

test('a P0 pages at once, with what it is, where to read on and a key that acknowledges it, and is mailed as well', async () => {
  await raise('MusterNoWorker', 'P0');
  await arrived(() => expect(pages).toHaveLength(1));
  expect(pages[0]).toMatchObject({
    routing_key: 'an-integration-key',
    event_action: 'trigger',
    dedup_key: expect.stringMatching(/^[0-9a-f]{64}$/),
    payload: {
      severity: 'critical',
      summary: 'P0 MusterNoWorker of spacetime',
      custom_details: { runbook: 'docs/alerts.md#musternoworker' },
    },
  });
  await arrived(() => expect(mails.join()).toContain('Subject: P0 MusterNoWorker spacetime (firing)'));
});

test('a P2 and a P3 are mailed and page nobody; what follows from a worse alert is told to nobody', async () => {
  const before = pages.length;
  await raise('MusterBackupCyclesMissed', 'P0', { component: 'database' });
  await arrived(() => expect(pages).toHaveLength(before + 1));
  await raise('MusterBackupTooOld', 'P2', { component: 'database' });
  await raise('MusterSchedulePaused', 'P2', { schedule: 'hourly' });
  await raise('MusterVerificationLow', 'P3');
  await arrived(() => expect(mails.join()).toContain('Subject: P2 MusterSchedulePaused spacetime (firing)'));
  await arrived(() => expect(mails.join()).toContain('Subject: P3 MusterVerificationLow spacetime (firing)'));
  const quiet = (await (await fetch(`${url}/api/v2/alerts?filter=alertname%3DMusterBackupTooOld`)).json()) as {
    status: { state: string };
  }[];
  expect(quiet.map(({ status }) => status.state)).toEqual(['suppressed']);
  expect(mails.join()).not.toContain('MusterBackupTooOld');
  expect(pages).toHaveLength(before + 1);
});

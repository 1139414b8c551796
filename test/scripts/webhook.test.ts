import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { signatureOf } from '../../activities/notices/signature.ts';
import { loadPlan } from '../../activities/plans/load-plan.ts';
import type { RunStatus } from '../../domain/run/run.ts';
import { webhookServer } from '../../scripts/webhook/server.ts';
import { act, openRange, type Range, stage } from './fixtures/range.ts';

const secret = 'a secret that only the pipeline knows';
const log: string[] = [];
let range: Range;
let server: Server;
let url: string;
let service: string;
let silent: string;

beforeAll(async () => {
  range = await openRange();
  await range.startWorkers();
  service = await range.service(
    { items: [stage('x', [act('a')])] },
    (plan) => `${plan}\nwebhook: { secret: { env: HOOK } }\n`,
  );
  silent = await range.service({ items: [] });
  server = webhookServer(
    {
      plan: async (name) => (await loadPlan(range.env.MUSTER_PLANS, name)).plan,
      secret: async () => `${secret}\n`,
      client: async () => range.client,
      now: Date.now,
    },
    (line) => log.push(line),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/backup`;
});
afterAll(async () => {
  server.close();
  await range.close();
});

interface Sent {
  readonly delivery?: string;
  readonly ago?: number;
  readonly key?: string;
  readonly raw?: string;
  readonly signed?: string;
}

async function send(asked: object, { delivery = randomUUID(), ago = 0, key = secret, raw, signed }: Sent = {}) {
  const body = raw ?? JSON.stringify(asked);
  const timestamp = String(Math.round(Date.now() / 1000) - ago);
  const signature = signatureOf(key, timestamp, delivery, signed ?? body);
  const headers = { 'muster-timestamp': timestamp, 'muster-delivery': delivery, 'muster-signature': signature };
  const response = await fetch(url, { method: 'POST', headers, body });
  return {
    status: response.status,
    ...((await response.json()) as { error?: string; run?: string; workflowId?: string }),
  };
}

describe('a signed webhook', () => {
  test('begins a backup with label, version and components, and answers its run', async () => {
    const delivery = randomUUID();
    const asked = { service, deployment: 'before', version: '1.9.0', commit: '9fceb02', components: ['database'] };
    const answer = await send(asked, { delivery });
    expect(answer).toMatchObject({
      status: 202,
      run: `webhook-${delivery}`,
      workflowId: `${service}/webhook-${delivery}`,
    });
    expect(await range.client.workflow.getHandle(answer.workflowId ?? '').result()).toMatchObject({ outcome: 'done' });
    const started = await range.client.workflow.getHandle(`${service}/backup`).fetchHistory();
    const payload = started.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0]?.data;
    expect(JSON.parse(Buffer.from(payload ?? []).toString())).toMatchObject({
      label: 'pre-deploy',
      by: 'webhook',
      run: `webhook-${delivery}`,
      backup: { kind: 'full', components: ['database'], version: '1.9.0', commit: '9fceb02' },
    });
    const status = await range.client.workflow.getHandle(`${service}/backup`).query<RunStatus>('status');
    expect(status).toMatchObject({ run: `webhook-${delivery}`, phase: 'done' });
  });

  test('is refused when it is sent a second time, also after the run has ended', async () => {
    const delivery = randomUUID();
    const first = await send({ service }, { delivery });
    expect(first.status).toBe(202);
    await range.client.workflow.getHandle(first.workflowId ?? '').result();
    expect(await send({ service }, { delivery })).toMatchObject({ status: 409, run: `webhook-${delivery}` });
  });

  test.each<[string, Sent]>([
    ['of another key', { key: 'another secret of some length' }],
    ['over another body', { signed: '{"service":"other"}' }],
    ['from ten minutes ago', { ago: 600 }],
    ['from ten minutes ahead', { ago: -600 }],
    ['with a time that is none', { ago: Number.NaN }],
    ['under a delivery that could be a path', { delivery: '../../recovery' }],
  ])('is refused %s', async (_, sent) => {
    const answer = await send({ service }, sent);
    expect(answer).toMatchObject({ status: 401, error: expect.any(String) });
    expect(
      await range.client.workflow
        .getHandle(`${service}/webhook-${sent.delivery}`)
        .describe()
        .catch(() => 'none'),
    ).toBe('none');
  });

  test('sent again under another delivery does not fit its signature', async () => {
    const body = JSON.stringify({ service });
    const timestamp = String(Math.round(Date.now() / 1000));
    const signature = signatureOf(secret, timestamp, randomUUID(), body);
    const headers = { 'muster-timestamp': timestamp, 'muster-delivery': randomUUID(), 'muster-signature': signature };
    expect((await fetch(url, { method: 'POST', headers, body })).status).toBe(401);
  });

  test('says nothing of services without a webhook, or that are none', async () => {
    const [without, none] = [await send({ service: silent }), await send({ service: 'nowhere' })];
    expect(without).toEqual({ status: 401, error: 'the signature is not good' });
    expect(none).toEqual(without);
  });

  test('is refused for what cannot be asked for, in words', async () => {
    expect(await send({ service, tea: true })).toMatchObject({ status: 400, error: expect.stringContaining('tea') });
    expect(await send({ service, components: ['nothing'] })).toMatchObject({
      status: 400,
      error: expect.stringContaining('no component nothing'),
    });
    expect(await send({ service, label: 'x', deployment: 'after' })).toMatchObject({ status: 400 });
    expect(await send({}, { raw: 'not json' })).toMatchObject({ status: 400 });
    expect(await send({}, { raw: `{"service":"${'x'.repeat(70_000)}"}` })).toMatchObject({ status: 413 });
    expect((await fetch(url)).status).toBe(405);
    expect((await fetch(url.replace('backup', 'tea'))).status).toBe(404);
    expect((await fetch(url.replace('backup', 'health'))).status).toBe(200);
    expect((await fetch(url, { method: 'POST', body: JSON.stringify({ service }) })).status).toBe(401);
  });

  test('is never ready with a secret that is short or absent', async () => {
    const weak = webhookServer(
      {
        plan: async (name) => (await loadPlan(range.env.MUSTER_PLANS, name)).plan,
        secret: async () => ' \n',
        client: async () => range.client,
        now: Date.now,
      },
      () => {},
    );
    weak.listen(0, '127.0.0.1');
    await once(weak, 'listening');
    const port = (weak.address() as AddressInfo).port;
    const body = JSON.stringify({ service });
    const [timestamp, delivery] = [String(Math.round(Date.now() / 1000)), randomUUID()];
    const headers = {
      'muster-timestamp': timestamp,
      'muster-delivery': delivery,
      'muster-signature': signatureOf('', timestamp, delivery, body),
    };
    expect((await fetch(`http://127.0.0.1:${port}/backup`, { method: 'POST', headers, body })).status).toBe(503);
    weak.close();
  });

  test('leaves a line a request in the log, without the secret and without the body', () => {
    expect(log.filter((line) => line.startsWith('POST /backup 202 '))).toHaveLength(2);
    expect(log.join('\n')).not.toMatch(/secret|1\.9\.0|sha256/);
  });
});

describe('a backup that goes first', () => {
  test('waits first in line while another runs, and is refused when somebody else does', async () => {
    const busy = await range.service({ items: [stage('x', [act('busy-step', { wait: true })])] });
    await range.muster(`backup ${busy} --by first`);
    await range.until(`status ${busy} --backup`, 0, ({ out }) => out.includes('running'));
    expect((await range.muster(`backup ${busy}`)).code).toBe(2);
    const waiting = await range.muster(`backup ${busy} --priority --after-incident --by second --json`);
    expect(waiting.json()).toMatchObject({ waits: true, workflowId: `${busy}/first-in-line` });
    expect((await range.muster(`backup ${busy} --priority`)).err).toContain('first in line already');
    range.release('busy-step');
    await range.client.workflow.getHandle(`${busy}/first-in-line`).result();
    const ran = await range.muster(`status ${busy} --backup --json`);
    expect(ran.json()).toMatchObject({ requestedBy: 'second', phase: 'done' });
  });
});

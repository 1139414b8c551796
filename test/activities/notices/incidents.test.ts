/** Receivers that keep incidents: PagerDuty by its dedup key, a webhook by its signature. Both against a real server. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { notify } from '../../../activities/notices/notify.ts';
import { whyUnsigned } from '../../../activities/notices/signature.ts';
import type { NoticeReceiver } from '../../../domain/plan/notices.ts';
import type { NoticeCall } from '../../../domain/run/protocol.ts';
import { startHttpReceiver } from '../../support/http-receiver.ts';
import { spacetimePlan } from '../../support/plan.ts';

type HttpReceiver = Awaited<ReturnType<typeof startHttpReceiver>>;
const signing = 'signing-secret-0123456789';
const now = Date.parse('2026-11-21T10:00:00Z');
let server: HttpReceiver;
beforeEach(async () => {
  server = await startHttpReceiver(() => 202);
});
afterEach(() => server.stop());

const failed: NoticeCall = {
  service: 'spacetime',
  run: 'backup-20261121-1000',
  event: 'failed',
  severity: 'danger',
  text: 'BACKUP us-east-1 failed',
  fields: { Procedure: 'BACKUP us-east-1' },
  procedure: 'backup',
  matter: 'ended',
};

async function tell(receiver: NoticeReceiver, call: NoticeCall, secret = signing) {
  const plan = await spacetimePlan();
  plan.notices = [receiver];
  const known: Record<string, string> = { ROUTING: 'R0UTINGKEY', URL: server.url, SIGNING: secret };
  const resolve = async (ref: { env: string } | { file: string }) => known['env' in ref ? ref.env : ''] ?? '';
  return await notify(call, { plan, secret: resolve, now: () => now });
}

const pager = (): NoticeReceiver => ({
  name: 'on-call',
  kind: 'pagerduty',
  routingKey: { env: 'ROUTING' },
  url: server.url,
});
const hook = (): NoticeReceiver => ({
  name: 'tickets',
  kind: 'webhook',
  url: { env: 'URL' },
  secret: { env: 'SIGNING' },
});

test('PagerDuty opens an incident, acknowledges and resolves it by one key, whichever run says so', async () => {
  const later = { ...failed, run: 'backup-20261121-1100' };
  for (const call of [failed, { ...later, change: 'acknowledged' as const }, { ...later, change: 'resolved' as const }])
    expect(await tell(pager(), call)).toEqual([{ name: 'on-call', sent: true, why: '' }]);
  const key = { routing_key: 'R0UTINGKEY', dedup_key: 'muster/spacetime/backup/ended' };
  expect(server.posted.map(({ body }) => body)).toEqual([
    {
      ...key,
      event_action: 'trigger',
      client: 'Muster',
      payload: {
        summary: 'BACKUP us-east-1 failed',
        source: 'spacetime',
        severity: 'error',
        timestamp: '2026-11-21T10:00:00.000Z',
        class: 'failed',
        custom_details: { Procedure: 'BACKUP us-east-1', Run: 'backup-20261121-1000', Severity: 'P1' },
      },
    },
    { ...key, event_action: 'acknowledge' },
    { ...key, event_action: 'resolve' },
  ]);
});

test('another matter, procedure or service is another incident', async () => {
  const others = [
    failed,
    { ...failed, matter: 'alarm' },
    { ...failed, procedure: 'verify' as const },
    { ...failed, service: 'arcade' },
  ];
  for (const call of others) await tell(pager(), call);
  expect(new Set(server.posted.map(({ body }) => body.dedup_key)).size).toBe(4);
});

test('what asks for nobody is no incident', async () => {
  expect(await tell(pager(), { ...failed, event: 'done', severity: 'info', matter: undefined })).toEqual([]);
  expect(server.posted).toEqual([]);
});

test('a webhook with a secret is signed over time, delivery and body, and told what becomes of it', async () => {
  await tell(hook(), failed);
  await tell(hook(), { ...failed, change: 'resolved' });
  expect(server.posted.map(({ body }) => body)).toEqual([
    { ...failed, level: 'P1', change: 'told', at: '2026-11-21T10:00:00.000Z' },
    { ...failed, level: 'P1', change: 'resolved', at: '2026-11-21T10:00:00.000Z' },
  ]);
  const [first, second] = server.posted.map(({ headers, raw }) => ({
    raw,
    signed: {
      timestamp: String(headers['muster-timestamp']),
      delivery: String(headers['muster-delivery']),
      signature: String(headers['muster-signature']),
    },
  }));
  expect(whyUnsigned(signing, first?.signed as never, first?.raw as Buffer, now)).toBe('');
  expect(whyUnsigned('another-secret-0123456789', first?.signed as never, first?.raw as Buffer, now)).not.toBe('');
  expect(whyUnsigned(signing, first?.signed as never, second?.raw as Buffer, now)).not.toBe('');
  expect(first?.signed.delivery).not.toBe(second?.signed.delivery);
});

test('a webhook without a secret hears of no end, and a secret that could be guessed signs nothing', async () => {
  const plain: NoticeReceiver = { name: 'plain', kind: 'webhook', url: { env: 'URL' } };
  expect(await tell(plain, { ...failed, change: 'resolved' })).toEqual([]);
  expect(await tell(hook(), failed, 'short')).toMatchObject([
    { sent: false, why: expect.stringMatching(/16 characters/) },
  ]);
  expect(server.posted).toEqual([]);
});

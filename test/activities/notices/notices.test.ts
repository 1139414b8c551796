/** Notices against a real receiver: what arrives, and that no failure of a receiver becomes one of the recovery. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { notify } from '../../../activities/notices/notify.ts';
import { sendNotice } from '../../../activities/notices/send-notice.ts';
import { refusal } from '../../../domain/errors.ts';
import type { NoticeCall } from '../../../domain/run/protocol.ts';
import { spacetimePlan } from '../../support/plan.ts';
import { stepContext } from '../../support/step-context.ts';

let server: Server;
let base: string;
let got: { path: string; body: unknown }[];
beforeEach(async () => {
  got = [];
  server = createServer(async (request, response) => {
    if (request.url === '/silent') return;
    got.push({ path: request.url ?? '', body: await json(request) });
    response.writeHead(request.url === '/broken' ? 500 : 200).end('ok');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const notice: NoticeCall = {
  service: 'spacetime',
  run: 'run-1',
  event: 'started',
  severity: 'danger',
  text: 'DISASTER RECOVERY ACTIVATED',
  fields: { 'Primary Region': 'us-east-1', 'DR Region': 'us-west-2' },
};

/** Receivers by name; the reference `env: /path` stands for a URL with that path. */
async function setUp(receivers: Record<string, 'slack' | 'webhook'>) {
  const plan = await spacetimePlan();
  plan.notices = Object.entries(receivers).map(([name, kind]) => ({ name, kind, url: { env: `/${name}` } }));
  const secret = async (ref: { env: string } | { file: string }) => {
    const name = 'env' in ref ? ref.env : '';
    if (name === '/missing') throw refusal('SecretMissing', 'The variable is not set.', 'set it.');
    return name === '/nonsense' ? 'no url but a secret' : base + name;
  };
  return { plan, secret };
}

test('Slack gets text and a coloured attachment, a webhook the plain event', async () => {
  expect(await notify(notice, await setUp({ slack: 'slack', hook: 'webhook' }))).toEqual([
    { name: 'slack', sent: true, why: '' },
    { name: 'hook', sent: true, why: '' },
  ]);
  const body = (path: string) => got.find((each) => each.path === path)?.body;
  expect(body('/slack')).toEqual({
    text: 'DISASTER RECOVERY ACTIVATED',
    attachments: [
      {
        color: 'danger',
        fields: [
          { title: 'Primary Region', value: 'us-east-1', short: true },
          { title: 'DR Region', value: 'us-west-2', short: true },
          { title: 'Run', value: 'run-1', short: true },
        ],
      },
    ],
  });
  expect(body('/hook')).toEqual(notice);
});

test('one receiver that fails does not keep the others from hearing, and no address is told', async () => {
  const started = performance.now();
  const all = await setUp({ broken: 'slack', silent: 'slack', missing: 'slack', nonsense: 'webhook', good: 'slack' });
  const deliveries = await notify(notice, all);
  expect(performance.now() - started).toBeLessThan(6_000);
  expect(deliveries).toMatchObject([
    { sent: false, why: 'it answered 500' },
    { sent: false, why: 'no answer within 4000 ms' },
    { sent: false, why: expect.stringMatching(/not set/) },
    { sent: false, why: 'its address is not a URL' },
    { sent: true },
  ]);
  expect(JSON.stringify(deliveries)).not.toMatch(/127\.0\.0\.1|no url but a secret/);
});

test('as a step it counts who was told, and fails only when nobody was', async () => {
  const input = sendNotice.input.parse({ event: 'done', text: 'Service is back' });
  const one = await stepContext(await setUp({ good: 'slack', broken: 'slack' }));
  expect(await sendNotice.run(input, one)).toMatchObject({ outcome: 'told 1 of 2' });
  const none = await stepContext(await setUp({ broken: 'slack' }));
  await expect(sendNotice.run(input, none)).rejects.toMatchObject({ name: 'NoticeNotSent' });
});

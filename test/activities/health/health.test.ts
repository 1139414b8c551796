/** Health against a real service that fails on demand, by address, by name through a real name server, and by the observer. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import packet from 'dns-packet';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checkHealth } from '../../../activities/health/check-health.ts';
import { observerState } from '../../../activities/health/observer.ts';
import { seeFromOutside } from '../../../activities/health/see-from-outside.ts';
import { eventually, freePort, startProgram } from '../../lab/aws/servers.ts';
import { stepContext, type TestContext } from '../../support/step-context.ts';

let context: TestContext;
let service: Server;
let url: string;
let port: number;
let answers: ((response: ServerResponse) => void)[];
let otherwise: (response: ServerResponse) => void;
const stops: (() => unknown)[] = [];

const ready = (response: ServerResponse) => void response.end('{"overall_ready":true}');
const notReady = (response: ServerResponse) => void response.end('{"overall_ready":false}');
const status = (code: number) => (response: ServerResponse) =>
  void response.writeHead(code).end('{"overall_ready":true}');

beforeEach(async () => {
  context = await stepContext();
  answers = [];
  otherwise = ready;
  service = createServer((_, response) => (answers.shift() ?? otherwise)(response));
  service.listen(0, '127.0.0.1');
  await once(service, 'listening');
  port = (service.address() as AddressInfo).port;
  url = `http://127.0.0.1:${port}/status`;
});
afterEach(async () => {
  service.closeAllConnections();
  service.close();
  for (const stop of stops.splice(0)) await stop();
});

const check = (more: object = {}) =>
  checkHealth.input.parse({ url, expect: { overall_ready: true }, interval: 10, timeout: 300, within: 3_000, ...more });

describe('checkHealth', () => {
  test('three healthy answers in a row are needed', async () => {
    answers = [ready, ready, notReady, ready];
    expect(await checkHealth.run(check(), context)).toMatchObject({
      successes: 3,
      tries: 6,
      outcome: '3 healthy in a row',
    });
  });

  test.each<[string, (response: ServerResponse) => void, RegExp]>([
    ['false', notReady, /overall_ready is false/],
    ['an error', status(503), /it answered 503/],
    ['a redirect', status(302), /it answered 302/],
    ['no JSON', (response) => void response.end('<html>'), /not JSON/],
    ['silence', () => {}, /no answer within 300 ms/],
    [
      'half an answer',
      (response) => void response.writeHead(200, { 'content-length': 99 }).write('{'),
      /no answer within/,
    ],
    ['a cut connection', (response) => void response.destroy(), /hang up|ECONNRESET/],
    ['too much', (response) => void response.end('x'.repeat(2 ** 20 + 1)), /longer than/],
  ])('%s is not healthy, and is said', async (_, answer, why) => {
    otherwise = answer;
    await expect(checkHealth.run(check({ within: 700 }), context)).rejects.toMatchObject({
      type: 'NotHealthy',
      message: expect.stringMatching(why),
    });
  });

  test('the reason is the last real answer, not that the end of the time cut the last question short', async () => {
    answers = [notReady];
    otherwise = () => {};
    await expect(checkHealth.run(check({ within: 250 }), context)).rejects.toMatchObject({
      message: expect.stringContaining('overall_ready is false'),
    });
  });

  test('what is left of the time is enough for a healthy answer, however crooked it is', async () => {
    answers = [notReady, notReady];
    // As in a look of the watch: the whole time is what one question may take.
    const look = check({ successes: 1, within: 2_000, timeout: 2_000 });
    expect(await checkHealth.run(look, context)).toMatchObject({ outcome: '1 healthy in a row', tries: 3 });
  });

  test('a service that starts late is waited for', async () => {
    service.close();
    const waiting = checkHealth.run(check({ interval: 50 }), context);
    await eventually('a try failed', () => context.beats.some((beat) => /ECONNREFUSED/.test(beat.text ?? '')));
    service = createServer((_, response) => ready(response)).listen(port, '127.0.0.1');
    expect(await waiting).toMatchObject({ successes: 3 });
  });

  test('a cancelled check ends at once', async () => {
    otherwise = () => {};
    const cancel = new AbortController();
    const cancelled = await stepContext({ signal: cancel.signal });
    const running = checkHealth.run(check({ timeout: 60_000, within: 60_000 }), cancelled);
    await eventually('it asked', () => cancelled.beats.length > 0);
    cancel.abort(new Error('cancelled'));
    await expect(running).rejects.toThrow('cancelled');
  });

  test('a name is asked of the resolver that is named', async () => {
    const resolver = await nameServer('127.0.0.1');
    const named = check({ url: `http://play.example.test:${port}/status`, resolver });
    expect(await checkHealth.run(named, context)).toMatchObject({ successes: 3 });
    const unknown = check({ url: `http://other.example.test:${port}/status`, resolver, within: 300 });
    await expect(checkHealth.run(unknown, context)).rejects.toMatchObject({
      message: expect.stringMatching(/has no address at 127/),
    });
  });
});

describe('seeFromOutside', () => {
  const see = (more: object = {}) =>
    seeFromOutside.input.parse({ ...check(), url: `http://play.example.test:${port}/status`, within: 8_000, ...more });

  test('tells since when users are served, as the real observer saw it', async () => {
    const resolver = await nameServer('127.0.0.1');
    const observer = await startObserver(resolver);
    const state = () => observerState({ url: observer, timeout: 1_000 });
    await eventually('the observer saw it healthy', async () => (await state()).state === 'ok');
    otherwise = status(500);
    await eventually('the observer saw it fail', async () => (await state()).state === 'failing');
    const after = new Date();
    const moved = { at: after.toISOString() };
    const seeing = await stepContext({ outputs: { point: moved, await: { addresses: ['127.0.0.1'] } } });
    const running = seeFromOutside.run(see({ observer }), seeing);
    await eventually('it looked', () => seeing.beats.length > 2);
    otherwise = ready;
    const output = await running;
    expect(Date.parse(output.recoveredAt ?? '')).toBeGreaterThan(after.getTime());
    expect(output.recoveredSource).toBe('first healthy answer of the observer');
    expect(output.downtime).toBeGreaterThan(0);
  });

  test('healthy answers from an address that the name left do not count', async () => {
    const observer = await startObserver(await nameServer('127.0.0.1'));
    const elsewhere = await stepContext({ outputs: { await: { addresses: ['10.77.2.10'] } } });
    const running = seeFromOutside.run(see({ observer, within: 1_500 }), elsewhere);
    await expect(running).rejects.toMatchObject({ type: 'NotSeenHealthy' });
  });

  test('without an observer it looks for itself and claims no time', async () => {
    const output = await seeFromOutside.run(see({ resolver: await nameServer('127.0.0.1') }), context);
    expect(output).toMatchObject({ outcome: 'healthy, not observed' });
    expect(output.recoveredAt).toBeUndefined();
  });

  test('an observer that cannot be asked is no reason to fail', async () => {
    const observer = `http://127.0.0.1:${await freePort()}`;
    const output = await seeFromOutside.run(
      see({ observer, within: 800, resolver: await nameServer('127.0.0.1') }),
      context,
    );
    expect(output).toMatchObject({
      outcome: 'healthy, not observed',
      why: expect.stringMatching(/could not be asked: .*ECONNREFUSED/),
    });
  });
});

/** Answers A for `play.example.test` and NXDOMAIN for the rest. */
async function nameServer(address: string): Promise<string> {
  const socket = createSocket('udp4');
  socket.on('message', (bytes, from) => {
    const query = packet.decode(bytes);
    const [question] = query.questions ?? [];
    const known = question?.name === 'play.example.test' && question.type === 'A';
    const reply = packet.encode({
      type: 'response',
      id: query.id,
      flags: packet.AUTHORITATIVE_ANSWER | (known ? 0 : 3),
      questions: query.questions,
      answers: known ? [{ type: 'A', name: question.name, ttl: 0, data: address }] : [],
    });
    socket.send(reply, from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  stops.push(() => socket.close());
  return `127.0.0.1:${socket.address().port}`;
}

async function startObserver(resolver: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'muster-observer-'));
  const listen = `127.0.0.1:${await freePort()}`;
  const observer = await startProgram('observer/main.ts', [
    ...['--url', `http://play.example.test:${port}/status`, '--resolver', resolver, '--listen', listen],
    ...[
      '--expect',
      'overall_ready=true',
      '--interval',
      '50ms',
      '--timeout',
      '500ms',
      '--log',
      join(folder, 'log.jsonl'),
    ],
  ]);
  stops.push(observer.stop, () => rm(folder, { recursive: true, force: true }));
  return `http://${listen}`;
}

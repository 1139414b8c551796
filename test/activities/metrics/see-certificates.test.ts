/** Certificates as metrics: asked of a real TLS server now and then, and what it showed is remembered. */

import type { AddressInfo } from 'node:net';
import { createServer } from 'node:tls';
import { afterEach, expect, test, vi } from 'vitest';
import { watchCertificates } from '../../../activities/metrics/see-certificates.ts';
import { selfSigned } from '../../support/certificate.ts';
import { spacetimePlan } from '../../support/plan.ts';

const day = 86_400_000;
let closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing) close();
  closing = [];
});

/** Counts who asks. */
async function tlsServer(days: number) {
  const { key, certificate: cert } = await selfSigned(days);
  const asked = vi.fn();
  const server = createServer({ key, cert }, (socket) => void socket.on('error', () => {}));
  server.on('connection', asked);
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const close = () => void server.close();
  closing.push(close);
  const renew = async (next: number) => {
    const { key, certificate: cert } = await selfSigned(next);
    server.setSecureContext({ key, cert });
  };
  return { url: `https://localhost:${(server.address() as AddressInfo).port}/`, asked, renew, close };
}

async function planAt(url: string) {
  const plan = await spacetimePlan();
  const { resolver: _resolver, ...traffic } = plan.traffic;
  return { ...plan, traffic, health: { ...plan.health, publicUrl: url }, observer: undefined };
}

test('a server is asked once in a quarter of an hour, and one that was renewed is seen', async () => {
  const server = await tlsServer(20);
  const plan = await planAt(server.url);
  let now = Date.now();
  const see = watchCertificates(undefined, () => now);
  const name = new URL(server.url).host;
  const first = await see(plan);
  expect(Object.keys(first)).toEqual([name]);
  expect(Math.abs((first[name] ?? 0) - (Date.now() + 20 * day))).toBeLessThan(day / 24);
  await server.renew(300);
  now += 14 * 60_000;
  expect(await see(plan)).toEqual(first);
  expect(server.asked).toHaveBeenCalledTimes(1);
  now += 60_000;
  expect((await see(plan))[name]).toBeGreaterThan(Date.now() + 290 * day);
  expect(server.asked).toHaveBeenCalledTimes(2);
});

test('a server that is away keeps what it showed, nothing is known of one that never answered, and another name is another', async () => {
  const server = await tlsServer(20);
  const plan = await planAt(server.url);
  let now = Date.now();
  const see = watchCertificates(undefined, () => now);
  const shown = await see(plan);
  server.close();
  now += day;
  expect(await see(plan)).toEqual(shown);
  expect(await see(await planAt('https://localhost:9/'))).toEqual({});
  expect(await see(await planAt('http://localhost:9/'))).toEqual({});
});

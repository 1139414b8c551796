/** What a report takes from the observer over HTTP, and from the marks of its recovery point. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { observedCurve } from '../../../activities/health/observer.ts';
import { curveOf, type Probe } from '../../../domain/observers/observer.ts';
import type { Mark } from '../../../domain/points/recovery-point.ts';
import { curveSpan, mostBuckets, reportCurve } from '../../../domain/report/curve.ts';
import { proofRows } from '../../../domain/report/proof.ts';
import { at } from '../../domain/run/a-run.ts';

let server: Server;
let asked: URL;
const probes: Probe[] = Array.from({ length: 600 }, (_, n) => ({
  ...{ kind: 'probe', at: at((n - 120) * 1_000), ms: 5 },
  ok: n < 90 || n > 400,
}));

beforeAll(async () => {
  server = createServer((request, response) => {
    asked = new URL(request.url ?? '/', 'http://observer');
    const [from, to, bucketMs] = ['from', 'to', 'bucket'].map((name) => asked.searchParams.get(name) ?? '');
    const span = { from: Date.parse(from ?? ''), to: Date.parse(to ?? ''), bucketMs: Number(bucketMs) };
    response.end(JSON.stringify(curveOf(probes, span)));
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
});
afterAll(() => void server.close());

const url = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

test('the curve is the outage with some time around it, in few buckets, and loses no request', async () => {
  const span = curveSpan({ since: at(-30_000), until: at(281_000), declared: at(0), last: at(480_000) });
  const curve = reportCurve(await observedCurve({ url: url(), timeout: 2_000 }, span), 'observer');
  if (!curve) throw new Error('there is no curve');
  expect(asked.pathname).toBe('/curve');
  expect(Date.parse(curve.from)).toBeLessThan(Date.parse(at(-30_000)));
  expect(curve.good.length).toBeLessThanOrEqual(mostBuckets);
  const sum = (counts: readonly number[]) => counts.reduce((all, count) => all + count, 0);
  const within = probes.filter((probe) => Date.parse(probe.at) >= span.from && Date.parse(probe.at) <= span.to);
  expect(sum(curve.failed)).toBe(311);
  expect(sum(curve.good)).toBe(within.filter(({ ok }) => ok).length);
});

test('a day of outage has no more buckets than a minute', () => {
  for (const hours of [0, 1, 24, 7 * 24]) {
    const { from, to, bucket } = curveSpan({ since: at(0), declared: at(1_000), last: at(hours * 3_600_000) });
    expect((to - from) / bucket).toBeLessThanOrEqual(mostBuckets);
    expect(to).toBeGreaterThan(from);
  }
});

test('where nobody looked there is no curve', () => {
  expect(reportCurve(curveOf([], { from: 0, to: 60_000, bucketMs: 1_000 }), 'observer')).toBeUndefined();
});

test('the proof of a point is its marks in the order of their times, each once, and none of another manifest', () => {
  const mark = (state: Mark['state'], ms: number, manifest = 'cd'.repeat(32)): Mark => ({
    ...{ format: 1, service: 'spacetime', point: '20260102_024500', manifest, state, at: at(ms) },
    ...{ run: 'r', locations: ['west'], how: 'looked' },
  });
  const marks = [
    mark('proven', 3_000),
    mark('replicated', 1_000),
    mark('proven', 3_000),
    mark('verified', 2_000, 'ff'),
  ];
  expect(proofRows(marks, 'cd'.repeat(32)).map(({ state }) => state)).toEqual(['replicated', 'proven']);
});

/** The observer's rules: what is an outage, what nobody saw, and which writes were lost. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  acknowledgedWithin,
  curveOf,
  lostWritesOf,
  outagesOf,
  overlaps,
  type Probe,
  unobservedOf,
  type Write,
} from '../../../domain/observers/observer.ts';

const base = Date.parse('2026-01-01T00:00:00.000Z');
const iso = (ms: number) => new Date(base + ms).toISOString();
const limits = { now: base + 100_000, gapMs: 5000 };

test('an outage runs from the first failed request to the first healthy answer', () => {
  const probes = [good(0), good(1000), bad(2000, 1000), bad(3000, 500), good(4000, 80, '10.0.0.2'), good(5000)];
  expect(outagesOf(probes, { ...limits, now: base + 5000 })).toEqual([
    {
      ...{ since: iso(2000), until: iso(4080), ms: 2080, failed: 2, lastGood: iso(1010) },
      ...{ why: 'ECONNREFUSED', before: '10.0.0.1', after: '10.0.0.2', observed: true },
    },
  ]);
});

test('flapping is as many outages as there were', () => {
  const probes = [bad(0), good(1000), bad(2000), good(3000), bad(4000)];
  const outages = outagesOf(probes, { ...limits, now: base + 4500 });
  expect(outages.map(({ since, until, ms }) => [since, until, ms])).toEqual([
    [iso(0), iso(1010), 1010],
    [iso(2000), iso(3010), 1010],
    [iso(4000), undefined, 500],
  ]);
});

test('an outage in which nobody looked for a while is not called observed', () => {
  const probes = [good(0), bad(1000), good(30_000)];
  expect(outagesOf(probes, { ...limits, now: base + 30_000 })[0]).toMatchObject({
    until: iso(30_010),
    observed: false,
  });
  expect(outagesOf([good(0), bad(1000)], limits)[0]).toMatchObject({ observed: false });
});

test('time without probes is reported as unobserved, up to now', () => {
  expect(unobservedOf([good(0), good(1000), good(20_000)], { now: base + 40_000, gapMs: 5000 })).toEqual([
    { since: iso(1010), until: iso(20_000) },
    { since: iso(20_010), until: iso(40_000) },
  ]);
});

test('windows overlap a span also when they began before it or still last', () => {
  const span = { from: base + 1000, to: base + 2000 };
  expect(overlaps({ since: iso(0), until: iso(1500) }, span)).toBe(true);
  expect(overlaps({ since: iso(0) }, span)).toBe(true);
  expect(overlaps({ since: iso(0), until: iso(900) }, span)).toBe(false);
  expect(overlaps({ since: iso(2100) }, span)).toBe(false);
});

test('the curve keeps empty buckets', () => {
  const curve = curveOf([good(0), bad(100), good(2500)], { from: base, to: base + 3000, bucketMs: 1000 });
  expect(curve.buckets).toEqual([
    { from: iso(0), good: 1, failed: 1 },
    { from: iso(1000), good: 0, failed: 0 },
    { from: iso(2000), good: 1, failed: 0 },
  ]);
});

test('lost writes are the acknowledged ones that are missing, with the oldest lost and the last surviving', () => {
  const writes = [write('a', 0), write('b', 100), write('c', 200), write('unknown', 300, false), write('d', 9000)];
  const acknowledged = acknowledgedWithin(writes, { to: base + 1000 });
  expect(lostWritesOf(acknowledged, new Set(['b', 'c', 'unknown']))).toEqual({
    ...{ acknowledged: 3, lost: 2, ids: ['b', 'c'] },
    ...{ oldestLost: iso(110), newestLost: iso(210), lastSurviving: iso(10) },
  });
  expect(lostWritesOf([], new Set())).toMatchObject({ acknowledged: 0, lost: 0, oldestLost: undefined });
});

test('whatever happens, outages are apart, in order, and hold every failed request once', () => {
  const history = fc.array(fc.record({ ok: fc.boolean(), pause: fc.nat(9000), ms: fc.nat(1000) }), { maxLength: 60 });
  fc.assert(
    fc.property(history, (steps) => {
      let at = 0;
      const probes = steps.map(({ ok, pause, ms }) => {
        at += pause + 1000;
        return ok ? good(at, ms) : bad(at, ms);
      });
      const outages = outagesOf(probes, { now: base + at + 2000, gapMs: 5000 });
      expect(outages.reduce((sum, one) => sum + one.failed, 0)).toBe(probes.filter((one) => !one.ok).length);
      outages.forEach((one, index) => {
        const next = outages[index + 1];
        if (next) expect(Date.parse(one.until ?? '')).toBeLessThanOrEqual(Date.parse(next.since));
        expect(one.ms).toBe(
          Math.max(0, (one.until ? Date.parse(one.until) : base + at + 2000) - Date.parse(one.since)),
        );
      });
      expect(outages.slice(0, -1).every((one) => one.until !== undefined)).toBe(true);
    }),
  );
});

function good(at: number, ms = 10, address = '10.0.0.1'): Probe {
  return { kind: 'probe', at: iso(at), ms, ok: true, address };
}

function bad(at: number, ms = 10): Probe {
  return { kind: 'probe', at: iso(at), ms, ok: false, address: '10.0.0.1', why: 'ECONNREFUSED' };
}

function write(id: string, at: number, ok = true): Write {
  return { kind: 'write', at: iso(at), ms: 10, id, ok };
}

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatLength, parseDuration } from '../../../domain/duration.ts';
import { observerArguments, observerEnvironment } from '../../../domain/observers/observer-unit.ts';
import { agreementOf, detectedAfter, msWithin, vantagesOf } from '../../../domain/observers/vantages.ts';
import { observersSchema } from '../../../domain/plan/observers.ts';
import { readOptions } from '../../../observer/options.ts';
import { spacetimePlan } from '../../support/plan.ts';

const seen = (...states: ('up' | 'down' | 'blind')[]) => agreementOf(states.map((state) => ({ state })));

describe('several observers', () => {
  test('agree where all that look say the same; one that does not look has no vote', () => {
    expect(seen('up', 'up')).toBe('up');
    expect(seen('down', 'blind', 'down')).toBe('down');
    expect(seen('up', 'down', 'blind')).toBe('disagree');
    expect(seen('blind', 'blind')).toBe('unknown');
    expect(seen()).toBe('unknown');
  });

  test('are all that the plan names anywhere, each place once, under the name that it has', () => {
    const observers = observersSchema.parse([{ name: 'office', url: 'http://office.example:8390' }]);
    const declare = { observers: ['http://office.example:8390/', 'http://frankfurt.example:8390'] } as never;
    expect(vantagesOf({ observers, declare, observer: { url: 'http://tokyo.example:8390' } })).toEqual([
      { name: 'office', url: 'http://office.example:8390' },
      { name: 'tokyo.example:8390', url: 'http://tokyo.example:8390' },
      { name: 'frankfurt.example:8390', url: 'http://frankfurt.example:8390' },
    ]);
    expect(vantagesOf({})).toEqual([]);
  });

  test('of one place or one name are refused', () => {
    const two = (a: object, b: object) => observersSchema.safeParse([a, b]).success;
    const office = { name: 'office', url: 'http://one:1' };
    expect(two(office, { name: 'home', url: 'http://two:1' })).toBe(true);
    expect(two(office, { name: 'office', url: 'http://two:1' })).toBe(false);
    expect(two(office, { name: 'home', url: 'http://one:1/' })).toBe(false);
  });
});

test('a loss may have stood since the last good answer before it was seen', () => {
  const since = '2026-01-01T00:00:02.500Z';
  expect(detectedAfter({ since, lastGood: '2026-01-01T00:00:01.000Z' })).toBe(1_500);
  expect(detectedAfter({ since })).toBeUndefined();
});

test('of windows only what lies in the span counts, and what lasts goes on to its end', () => {
  const at = (ms: number) => new Date(ms).toISOString();
  const span = { from: 1_000, to: 5_000 };
  expect(msWithin([{ since: at(0), until: at(1_500) }, { since: at(4_000) }], span)).toBe(1_500);
  expect(
    msWithin(
      [
        { since: at(0), until: at(900) },
        { since: at(6_000), until: at(7_000) },
      ],
      span,
    ),
  ).toBe(0);
});

describe('the options of a planned observer', async () => {
  const plan = await spacetimePlan();
  const parse = (more: object) => {
    const [planned] = observersSchema.parse([{ name: 'office', url: 'http://10.0.0.5:8390', ...more }]);
    if (!planned) throw new Error('none');
    return planned;
  };

  test('are understood by the observer, and mean what the plan says', () => {
    const canary = { url: 'http://spacetime-api.company.com:8080/writes', every: '250ms' };
    const words = observerArguments(plan, parse({ every: '90s', resolver: '10.0.0.53:53', canary }));
    const options = readOptions(words);
    expect(options).toMatchObject({
      ...{ intervalMs: 90_000, timeoutMs: 1_000, canaryIntervalMs: 250, resolver: '10.0.0.53:53' },
      expect: [{ path: 'overall_ready', value: 'true' }],
      listen: { host: '10.0.0.5', port: 8390 },
    });
    expect([options.url.href, options.canary?.href]).toEqual([plan.health.publicUrl, canary.url]);
    expect(readOptions(observerArguments(plan, parse({ listen: '0.0.0.0:9' }))).listen).toEqual({
      host: '0.0.0.0',
      port: 9,
    });
  });

  test('stand in a file as systemd reads it, and what it would cut is refused', () => {
    const text = observerEnvironment(plan, parse({}));
    const [line] = text.split('\n').filter((each) => !each.startsWith('#'));
    const [, options = ''] = /^OBSERVE="(.*)"$/.exec(line ?? '') ?? [];
    expect(readOptions(options.split(/\s+/)).url.href).toBe(plan.health.publicUrl);
    const odd = { ...plan, health: { ...plan.health, expect: { state: 'all good' } } };
    expect(() => observerEnvironment(odd, parse({}))).toThrow(/state=all good/);
  });

  test('a length is read back as it was written', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10 ** 10 }), (ms) => {
        expect(parseDuration(formatLength(ms))).toBe(ms);
      }),
    );
    expect(formatLength(5_400_000)).toBe('90m');
  });
});

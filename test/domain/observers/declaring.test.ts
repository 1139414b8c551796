import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeSightings, type Sighting, unbrokenOutage } from '../../../domain/observers/declaring.ts';
import { declareSchema } from '../../../domain/plan/declare.ts';

const down = (ms: number, observer = 'http://a'): Sighting => ({
  observer,
  state: 'down',
  since: 'then',
  ms,
  why: 'no answer',
});
const well: Sighting = { observer: 'http://w', state: 'well' };
const blind: Sighting = { observer: 'http://b', state: 'blind', why: 'no answer' };
const rule = { needs: 2, after: 60_000 };

describe('sightings', () => {
  it.each<[string, Sighting[], string]>([
    ['two that saw it for long enough', [down(60_000), down(70_000)], 'outage'],
    ['two of three, one of them blind', [down(60_000), down(70_000), blind], 'outage'],
    ['one alone', [down(600_000)], 'unclear'],
    ['one, and one that is blind', [down(600_000), blind], 'unclear'],
    ['one, and one that sees it well', [down(600_000), well], 'unclear'],
    ['two, one of them not for long enough', [down(60_000), down(59_999)], 'unclear'],
    ['two that are blind', [blind, blind], 'unclear'],
    ['two that see it well', [well, well], 'well'],
    ['one that sees it well', [well, blind], 'unclear'],
  ])('%s', (_, sightings, state) => {
    expect(judgeSightings(sightings, rule).state).toBe(state);
  });

  it('a single vantage point never declares, whatever the others cannot see', () => {
    const others = fc.array(fc.constantFrom(blind, well, down(1)), { maxLength: 6 });
    fc.assert(
      fc.property(others, fc.nat(), (rest, ms) => {
        expect(judgeSightings([...rest, down(60_000 + ms)], rule).state).not.toBe('outage');
      }),
    );
  });
});

describe('an outage that lasts', () => {
  const at = (second: number) => new Date(second * 1_000).toISOString();
  const open = { since: at(100), ms: 90_000, failed: 9, why: 'no answer', observed: true };

  it('counts from its first failed request, by the clock of its observer', () => {
    expect(unbrokenOutage({ outages: [open], unobserved: [], ms: 0 })?.ms).toBe(90_000);
  });
  it('counts anew from where nobody had looked', () => {
    const unobserved = [{ since: at(110), until: at(130) }];
    expect(unbrokenOutage({ outages: [open], unobserved, ms: 0 })?.ms).toBe(60_000);
  });
  it('is none once it was over', () => {
    expect(unbrokenOutage({ outages: [{ ...open, until: at(120) }], unobserved: [], ms: 0 })).toBeUndefined();
  });
});

describe('the rule of a plan', () => {
  const three = ['http://one:8390', 'http://two:8390', 'http://three:8390'];
  const refused = (rule: object) => JSON.stringify(declareSchema.safeParse(rule).error?.issues ?? 'taken');

  it('asks for a go, of two, after two minutes, unless it says otherwise', () => {
    expect(declareSchema.parse({ observers: three })).toMatchObject({
      needs: 2,
      after: 120_000,
      go: 'ask',
      procedure: 'failover',
    });
  });
  it('never lets one vantage point declare', () => {
    expect(refused({ observers: ['http://one'] })).toMatch(/one vantage point/);
    expect(refused({ observers: three, needs: 1 })).toMatch(/single vantage point never declares/);
    expect(refused({ observers: ['http://one:1/', 'http://one:1/x'] })).toMatch(/same observer twice/);
  });
  it('wants more than half, and not more than there are', () => {
    expect(refused({ observers: [...three, 'http://four'], needs: 2 })).toMatch(/more than half/);
    expect(refused({ observers: three, needs: 4 })).toMatch(/not more than there are/);
    expect(refused({ observers: three, needs: 3 })).toBe('"taken"');
  });
});

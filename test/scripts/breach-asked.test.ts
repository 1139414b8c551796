import { expect, it } from 'vitest';
import { breachAsked } from '../../scripts/cli/breach-asked.ts';
import { capture } from './fixtures/capture.ts';

const sites = { east: {}, west: {} } as never;
const before = '2026-01-02T03:00:00+00:00';

it('recovers at the other site than the breached one, which is fenced', () => {
  expect(breachAsked({ sites }, { inPlace: false, before })).toEqual({
    procedure: 'failover',
    from: undefined,
    to: undefined,
    compromise: {},
  });
  expect(breachAsked({ sites }, { site: 'east', inPlace: false, before })).toMatchObject({ from: 'west', to: 'east' });
});

it('recovers in place only where that is said', () => {
  expect(breachAsked({ sites }, { site: 'east', inPlace: true, before })).toMatchObject({
    procedure: 'full-recovery',
    to: 'east',
    compromise: { inPlace: true },
  });
});

it.each([
  ['without the moment of the breach', '--compromise', /needs the moment before which the data is trusted/],
  ['with a moment without a zone', '--compromise --before 2026-01-02T03:00', /a moment has its zone/],
  ['in place without a breach', '--in-place', /belongs to --compromise/],
])('refuses %s before anything is asked', async (_, words, said) => {
  const plans = new URL('../../plans', import.meta.url).pathname;
  const answer = await capture(['--plans', plans, 'restore', 'spacetime', ...words.split(' ')], { MUSTER_BY: 'dana' });
  expect(answer).toMatchObject({ code: 2, err: expect.stringMatching(said) });
});

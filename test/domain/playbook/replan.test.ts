import { describe, expect, it } from 'vitest';
import type { Playbook, PlaybookItem, Step } from '../../../domain/playbook/playbook.ts';
import { leftOf } from '../../../domain/playbook/replan.ts';

const step = (id: string, input: Record<string, unknown> = {}): Step => ({
  id,
  kind: 'act',
  version: 1,
  title: `Act ${id}`,
  input,
  queue: 'q',
  fallback: 'f',
  limits: { startToClose: 1, heartbeat: 1, scheduleToStart: 1, budget: 1 },
  undoable: false,
  needs: [],
  required: true,
  expected: 0,
});
const stage = (...ranks: Step[][]): PlaybookItem => ({ type: 'stage', title: 'Stage', ranks });
const book = (...items: PlaybookItem[]): Playbook => ({
  format: 1,
  run: 'run-1',
  service: 'spacetime',
  procedure: 'failover',
  from: 'east',
  to: 'west',
  risks: [],
  items,
});
const noReturn: PlaybookItem = { type: 'pointOfNoReturn', title: 'no way back' };
const progress = (done: Step[], passedNoReturn = false) => ({ revision: 2, done, passedNoReturn });

describe('what is left of a playbook', () => {
  it('lacks the steps that are done just so, their empty ranks and stages, and says which revision it is', () => {
    const whole = book(stage([step('a')]), stage([step('b'), step('c')], [step('d')]));
    const left = leftOf(whole, progress([step('a'), { ...step('b'), expected: 9 }]));
    expect(left.items).toEqual([stage([step('c')], [step('d')])]);
    expect(left.revision).toBe(2);
  });

  it('finds the same inputs whatever the order of their keys, and what is undefined absent', () => {
    const whole = book(stage([step('a', { x: 1, y: [{ z: 2, w: 3 }] })]), stage([step('b')]));
    const done = [step('a', { y: [{ w: 3, z: 2 }], x: 1, v: undefined })];
    expect(leftOf(whole, progress(done)).items).toEqual([stage([step('b')])]);
  });

  it.each([{ x: 2 }, { x: 1, y: 1 }, {}, { x: [1] }])(
    'has a step again that was done with other inputs, and whatever comes after it: %j',
    (input) => {
      const whole = book(
        stage([step('before')]),
        stage([step('a', { x: 1 }), step('beside')], [step('b')]),
        stage([step('c')]),
      );
      const done = [step('before'), step('a', input), step('beside'), step('b')];
      expect(leftOf(whole, progress(done)).items).toEqual([
        stage([step('a', { x: 1 })], [step('b')]),
        stage([step('c')]),
      ]);
    },
  );

  it('has again what comes after a step that is new', () => {
    const whole = book(stage([step('a')]), stage([step('new')]), stage([step('b')]));
    expect(leftOf(whole, progress([step('a'), step('b')])).items).toEqual([stage([step('new')]), stage([step('b')])]);
  });

  it('lets what goes on alongside go on without doing again what came after it', () => {
    const beside: PlaybookItem = { type: 'stage', title: 'Fence', alongside: true, ranks: [[step('fence')]] };
    const whole = book(beside, stage([step('a')]), stage([step('b')]));
    expect(leftOf(whole, progress([step('a')])).items).toEqual([beside, stage([step('b')])]);
  });

  it('is past the point of no return only what comes after it, whatever was done before', () => {
    const whole = book(stage([step('a', { x: 2 })]), noReturn, stage([step('b')]), stage([step('c')]));
    expect(leftOf(whole, progress([step('a', { x: 1 }), step('b')], true)).items).toEqual([stage([step('c')])]);
  });

  it('is never nothing', () => {
    expect(() => leftOf(book(stage([step('a')])), progress([step('a')]))).toThrow(
      expect.objectContaining({ type: 'NothingLeft' }),
    );
  });
});

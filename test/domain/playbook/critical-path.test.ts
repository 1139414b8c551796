import { describe, expect, test } from 'vitest';
import { criticalPath, type PathStage } from '../../../domain/playbook/critical-path.ts';

const stage = (...ranks: number[][]): PathStage => ({ type: 'stage', ranks });
const beside = (...ranks: number[][]): PathStage => ({ type: 'stage', ranks, alongside: true });
const gate: PathStage = { type: 'gate', ranks: [] };
const noReturn: PathStage = { type: 'pointOfNoReturn', ranks: [] };

describe('the critical path', () => {
  test('is the longest step of each rank, one rank after another', () => {
    expect(criticalPath([stage([30, 50], [5]), stage([7])])).toBe(62);
  });

  test('does not count what goes on beside longer work', () => {
    expect(criticalPath([beside([40]), stage([10]), stage([100])])).toBe(110);
  });

  test.each([
    ['a gate', gate],
    ['the point of no return', noReturn],
  ])('waits at %s for what goes on beside, and at nothing else', (_, wait) => {
    expect(criticalPath([beside([40]), stage([10]), wait, stage([100])])).toBe(140);
    expect(criticalPath([stage([10]), wait, beside([40]), stage([100])])).toBe(110);
  });

  test('begins a stage that goes on beside when the stages before it are done', () => {
    expect(criticalPath([stage([10]), beside([40]), stage([20])])).toBe(50);
  });

  test('ends with the last work, beside or not, and never with the watch', () => {
    expect(criticalPath([beside([90]), stage([10]), { type: 'watch', ranks: [[3_600]] }])).toBe(90);
  });

  test('of nothing is 0', () => {
    expect(criticalPath([])).toBe(0);
  });
});

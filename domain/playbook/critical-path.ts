/**
 * How long stages take when every rank takes as long as its longest step: ranks one after another, stages that go on
 * alongside beside the ones after them, gates and the point of no return waiting for those. As the interpreter does it. Pure.
 */
import type { PlaybookItem } from './playbook.ts';

export interface PathStage {
  readonly type: PlaybookItem['type'];
  readonly alongside?: true | undefined;
  /** ms of each step, by rank. */
  readonly ranks: readonly (readonly number[])[];
}

/** ms to the end of the last stage; the watch is no work and does not count. */
export function criticalPath(stages: readonly PathStage[]): number {
  let now = 0;
  let beside = 0;
  for (const { type, alongside, ranks } of stages) {
    if (type === 'gate' || type === 'pointOfNoReturn') now = Math.max(now, beside);
    if (type !== 'stage') continue;
    const ms = ranks.reduce((sum, rank) => sum + Math.max(0, ...rank), 0);
    if (alongside) beside = Math.max(beside, now + ms);
    else now += ms;
  }
  return Math.max(now, beside);
}

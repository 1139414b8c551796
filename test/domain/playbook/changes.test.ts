import { describe, expect, it } from 'vitest';
import { playbookChanges } from '../../../domain/playbook/changes.ts';
import type { Playbook, Step } from '../../../domain/playbook/playbook.ts';

const step = (id: string, input: Record<string, unknown> = {}, more: Partial<Step> = {}): Step => ({
  ...{ id, kind: 'act', version: 1, title: `Act ${id}`, input, queue: 'muster-west', fallback: 'muster-fallback' },
  ...{ limits: { startToClose: 1_000, heartbeat: 1_000, scheduleToStart: 1_000, budget: 1_000 } },
  ...{ undoable: false, needs: [], required: true, expected: 0 },
  ...more,
});

function playbook(run: string, point: string, more: Partial<Playbook> = {}): Playbook {
  const restore = step('restore', { point: { id: point, sha256: run }, job: `${run}/restore`, to: 'west' });
  return {
    ...{ format: 1, run, service: 'spacetime', procedure: 'failover', from: 'east', to: 'west', point },
    risks: ['old-primary-not-fenced'],
    items: [
      { type: 'stage', title: 'Restore', ranks: [[restore], [step('start')]] },
      { type: 'pointOfNoReturn', title: 'It takes writes' },
      { type: 'stage', title: 'Cut over', ranks: [[step('name', { record: 'a.example', ttl: 60 })]] },
      { type: 'watch', title: 'Watch', for: 60_000, every: 1_000, step: step('watch') },
    ],
    ...more,
  };
}
const before = playbook('failover-1', '20260101_000000');
const now = playbook('failover-2', '20260202_000000');

/** The new playbook with its items changed. */
function changed(change: (items: Playbook['items']) => void): string[] {
  const items = structuredClone(now.items);
  change(items);
  return playbookChanges(before, { ...now, items });
}
type Stage = Extract<Playbook['items'][number], { type: 'stage' }>;

describe('the differences to the playbook that was approved last', () => {
  it('are none where only the run, its point and the estimates are others', () => {
    const items = structuredClone(now.items);
    ((items[0] as Stage).ranks[0]?.[0] as Step).expected = 5_000;
    expect(playbookChanges(before, { ...now, items })).toEqual([]);
  });

  it('name risks that stand now, and those that do not any more', () => {
    expect(playbookChanges(before, { ...now, risks: ['point-older-than-rpo'] })).toEqual([
      '+ risk point-older-than-rpo',
      '- risk old-primary-not-fenced',
    ]);
  });

  it('name a step with another input, by what it was', () => {
    const lines = changed((items) => {
      (items[2] as Stage).ranks[0] = [step('name', { record: 'b.example', ttl: 60 })];
    });
    expect(lines).toEqual(['~ Act name (name): input.record a.example -> b.example']);
  });

  it('name steps and stages that are new, gone, or in another place', () => {
    const lines = changed((items) => {
      (items[0] as Stage).ranks.pop();
      (items[2] as Stage).ranks.push([step('start')], [step('extra')]);
      items.push({ type: 'gate', title: 'Fenced', steps: ['fence'], outcome: 'fenced', risk: 'x' });
      items.splice(1, 1);
    });
    expect(lines).toEqual([
      '+ gate "Fenced" (fenced: fence; or x)',
      '- point of no return "It takes writes"',
      '~ Act start (start): moved from "Restore, 2" to "Cut over, 2"',
      '+ Act extra (extra, in "Cut over, 3")',
    ]);
    expect(changed((items) => items.splice(1, 1, ...items.splice(2, 1), items[1] as Stage))[0]).toMatch(
      /^~ the order: stage "Restore"/,
    );
  });

  it('name a watch that is shorter', () => {
    const lines = changed((items) => Object.assign(items[3] as object, { for: 1_000 }));
    expect(lines).toEqual([
      '+ watch "Watch" for 1000 ms, every 1000 ms',
      '- watch "Watch" for 60000 ms, every 1000 ms',
    ]);
  });
});

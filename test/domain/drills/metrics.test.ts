import { describe, expect, it } from 'vitest';
import { drillMetrics } from '../../../domain/drills/metrics.ts';
import type { Playbook } from '../../../domain/playbook/playbook.ts';
import { aPlaybook, aStage, aStatus, aStep, at } from '../run/a-run.ts';

const playbook: Playbook = aPlaybook({
  drill: {
    name: 'monthly',
    kind: 'restore-test',
    roles: [],
    targets: { rto: 600_000, rpo: 3_600_000 },
    items: [{ step: 'before-notify', when: 'before', title: 'Notify', ask: 'done' }],
  },
});
const timed = (id: string, kind: string, from: number, to: number) =>
  aStep(id, { kind, state: 'done', startedAt: at(from), finishedAt: at(to) });
const steps = [
  timed('before-notify', 'manual', 1_000, 60_000),
  timed('prepare-drill-app', 'prepareDrill', 60_000, 65_000),
  timed('await-host-app', 'awaitHost', 70_000, 71_000),
  timed('test-tree', 'testRestore', 71_000, 300_000),
  timed('prove-point', 'provePoint', 300_000, 310_000),
  timed('clear-drill-app', 'clearDrill', 310_000, 900_000),
];
const clock = aStatus().clock;
const status = aStatus({
  phase: 'done',
  stages: [aStage('All', [steps])],
  clock: { ...clock, waiting: 59_000, outage: { at: at(-30_000), source: 'observer' } },
});

describe('the times of a drill', () => {
  it('are those of the runbook: detect, decide, recover, verify, total; without what people and the place itself took', () => {
    expect(drillMetrics(playbook, status, at(900_000))).toEqual({
      detect: 30_000,
      decide: 70_000,
      act: 240_000,
      verify: 10_000,
      total: 900_000,
      waiting: 59_000,
      rto: { achieved: 240_000, target: 600_000, met: true },
      // The state of 02:45 at 03:00.
      rpo: { achieved: 900_000, target: 3_600_000, met: true },
    });
  });

  it('are those of the run that did the work, where a drill had it done', () => {
    const rehearsed = [timed('start-rehearsal', 'startRehearsal', 65_000, 400_000), steps[0] as (typeof steps)[number]];
    const own = { ...status, stages: [aStage('All', [rehearsed])] };
    const measured = { from: at(66_000), act: 300_000, rpo: 1_000_000 };
    expect(drillMetrics(playbook, own, at(900_000), measured)).toEqual({
      detect: 30_000,
      decide: 66_000,
      act: 300_000,
      total: 900_000,
      waiting: 59_000,
      rto: { achieved: 300_000, target: 600_000, met: true },
      rpo: { achieved: 1_000_000, target: 3_600_000, met: true },
    });
    // An exercise's times are in the reports of its moves.
    expect(drillMetrics(playbook, own, at(900_000))).not.toHaveProperty('act');
  });

  it('miss a target that is shorter, and say nothing of a promise that the plan does not make', () => {
    const targets = (rto?: number) => ({
      ...playbook,
      drill: { ...playbook.drill, targets: { ...(rto ? { rto } : {}) } } as Playbook['drill'],
    });
    expect(drillMetrics(targets(239_999), status, at(900_000)).rto).toMatchObject({ met: false });
    const none = drillMetrics(targets(), status, at(900_000));
    expect(none.rto).toEqual({ achieved: 240_000 });
    expect(none.rpo).toEqual({ achieved: 900_000 });
  });

  it('of a tabletop are what people took', () => {
    const talked = { ...status, clock, stages: [aStage('All', [steps.slice(0, 1)])] };
    expect(drillMetrics(playbook, talked, at(60_000))).toEqual({
      total: 60_000,
      waiting: clock.waiting,
      rpo: expect.anything(),
    });
  });
});

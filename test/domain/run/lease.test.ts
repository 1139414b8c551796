import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isOver, judgeTake, type Lease, leaseSchema, stillHeld } from '../../../domain/run/lease.ts';

const now = Date.parse('2026-11-22T12:00:00.000Z');
const lease = (more: Partial<Lease> = {}): Lease => ({
  format: 1,
  service: 'spacetime',
  generation: 7,
  run: 'failover-1',
  procedure: 'failover',
  holder: 'dana',
  since: '2026-11-22T11:55:00.000Z',
  until: '2026-11-22T12:10:00.000Z',
  settled: false,
  ...more,
});

describe('the lease', () => {
  it('is free where there is none, and begins with generation 1', () => {
    expect(judgeTake(undefined, 'failover-1', now)).toEqual({ state: 'free', generation: 1 });
  });

  it('stays with its holder until its time is up by the store, and then goes on with the next generation', () => {
    expect(judgeTake(lease(), 'restore-1', now)).toMatchObject({ state: 'held', by: { run: 'failover-1' } });
    expect(judgeTake(lease(), 'restore-1', now + 10 * 60_000)).toEqual({ state: 'free', generation: 8 });
  });

  it('is free at once when it was given back, also for the run that had it', () => {
    const released = lease({ released: '2026-11-22T11:59:00.000Z' });
    expect(judgeTake(released, 'restore-1', now)).toEqual({ state: 'free', generation: 8 });
    expect(judgeTake(released, 'failover-1', now)).toEqual({ state: 'free', generation: 8 });
  });

  it('is found again by the run that holds it, with the same generation, even when its time is up', () => {
    expect(judgeTake(lease(), 'failover-1', now + 60 * 60_000)).toEqual({ state: 'ours', generation: 7 });
  });

  it('lets a run go on whose time is up for as long as nobody took it', () => {
    expect(stillHeld(lease({ until: '2026-11-22T11:00:00.000Z' }), 'failover-1', 7)).toBe(true);
    expect(stillHeld(lease({ generation: 8 }), 'failover-1', 7)).toBe(false);
    expect(stillHeld(lease({ run: 'restore-1' }), 'failover-1', 7)).toBe(false);
    expect(stillHeld(undefined, 'failover-1', 7)).toBe(false);
  });

  it('never lets two runs change something by one state of it, and its generation only rises', () => {
    const runs = fc.constantFrom('a', 'b', 'c');
    const step = fc.record({ run: runs, minutes: fc.integer({ min: 0, max: 20 }), gives: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        let present: Lease | undefined;
        let time = now;
        for (const { run, minutes, gives } of steps) {
          time += minutes * 60_000;
          const before = present;
          const verdict = judgeTake(present, run, time);
          if (verdict.state === 'free') {
            const until = new Date(time + 10 * 60_000).toISOString();
            present = lease({ run, generation: verdict.generation, until });
            if (before) expect(present.generation).toBeGreaterThan(before.generation);
            if (before) expect(stillHeld(present, before.run, before.generation)).toBe(false);
          } else if (verdict.state === 'held') {
            expect(before && isOver(before, time)).toBe(false);
          }
          const { run: holder, generation } = present as Lease;
          const may = ['a', 'b', 'c'].filter((each) => stillHeld(present, each, generation));
          expect(may).toEqual(present?.released ? [] : [holder]);
          if (gives && present && present.run === run) present = { ...present, released: new Date(time).toISOString() };
        }
      }),
    );
  });

  it('is refused where it says what no lease says', () => {
    expect(leaseSchema.safeParse({ ...lease(), generation: 0 }).success).toBe(false);
    expect(leaseSchema.safeParse({ ...lease(), until: 'soon' }).success).toBe(false);
  });
});

/** The lease at a real S3 server: races, terms by the store's clock, superseded attempts. */
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { assertHeld, watchLeases } from '../../../activities/lease/held.ts';
import { leasesInForce } from '../../../activities/lease/holders.ts';
import { readLease } from '../../../activities/lease/lease-object.ts';
import { releaseLease, renewLease, takeLease, takeLeaseAway } from '../../../activities/lease/take.ts';
import { takeLease as takeLeaseStep } from '../../../activities/lease/take-lease.ts';
import type { ObjectStore } from '../../../activities/storage/store.ts';
import { layout } from '../../../domain/points/recovery-point.ts';
import { spacetimePlan } from '../../support/plan.ts';
import { stepContext } from '../../support/step-context.ts';
import { type S3Server, startS3 } from '../storage/versitygw.ts';

let server: S3Server;
let near: ObjectStore;
let far: ObjectStore;
let count = 0;
let service: string;
beforeAll(async () => {
  server = await startS3(['near', 'far']);
  [near, far] = await Promise.all([server.open('near'), server.open('far')]);
});
afterAll(() => server.stop());
beforeEach(() => {
  count += 1;
  service = `service-${count}`;
});

const wanted = (run: string, term = 60_000) => ({ service, run, procedure: 'failover', holder: 'dana', term });
const open = async (name: string) => (name === 'near' ? near : far);
const signal = new AbortController().signal;

describe('the lease at a store', () => {
  it('has one winner of twenty who want it at once, and names it to the others', async () => {
    const tries = Array.from({ length: 20 }, (_, index) => takeLease(near, wanted(`run-${index}`)));
    const ended = await Promise.allSettled(tries);
    expect(ended.filter((each) => each.status === 'fulfilled')).toHaveLength(1);
    const { lease } = await readLease(near, service);
    const why = ended.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
    for (const error of why) {
      expect(error).toMatchObject({ type: 'LeaseHeld', message: expect.stringContaining(lease?.run ?? 'nobody') });
    }
  });

  it('is taken once by a run that asks twice', async () => {
    expect(await takeLease(near, wanted('one'))).toEqual({ generation: 1, already: false });
    expect(await takeLease(near, wanted('one'))).toEqual({ generation: 1, already: true });
  });

  it('is judged by the clock of the store: a worker that is an hour fast takes nothing before its time', async () => {
    await takeLease(near, wanted('one'));
    const real = Date.now;
    const fast = vi.spyOn(Date, 'now').mockImplementation(() => real() + 60_000 * 3);
    try {
      await expect(takeLease(near, wanted('two'))).rejects.toMatchObject({ type: 'LeaseHeld' });
    } finally {
      fast.mockRestore();
    }
  });

  it('goes to the next run when its time has passed without a renewal', async () => {
    await takeLease(near, wanted('one', 1));
    const taken = await vi.waitFor(() => takeLease(near, wanted('two')), { timeout: 10_000, interval: 200 });
    expect(taken).toEqual({ generation: 2, already: false });
    const late = renewLease(near, { service, run: 'one', generation: 1, term: 60_000, settled: false });
    await expect(late).rejects.toMatchObject({ type: 'LeaseLost' });
    expect(await releaseLease(near, { service, run: 'one', generation: 1 })).toBe('not ours');
    expect((await readLease(near, service)).lease).toMatchObject({ run: 'two', generation: 2 });
  });

  it('is renewed by its holder, who also says that the service is served again', async () => {
    await takeLease(near, wanted('one', 1_000));
    await renewLease(near, { service, run: 'one', generation: 1, term: 3_600_000, settled: true });
    const { lease } = await readLease(near, service);
    expect(Date.parse(lease?.until ?? '') - Date.now()).toBeGreaterThan(3_000_000);
    expect(lease?.settled).toBe(true);
  });

  it('is free after a takeover, which the holder before finds out at its next change', async () => {
    const { generation } = await takeLease(near, wanted('one'));
    const held = { run: 'one', service, leases: [{ location: 'near', generation, needed: true }] };
    await assertHeld(held, open, signal);
    expect(await takeLeaseAway(near, { service, by: 'dana', reason: 'terminated' })).toBe('one');
    await expect(assertHeld(held, open, signal)).rejects.toMatchObject({ type: 'LeaseLost' });
    expect((await readLease(near, service)).lease).toMatchObject({
      generation: 2,
      takenOver: { from: 'one', by: 'dana' },
    });
    expect(await takeLease(near, wanted('two'))).toEqual({ generation: 3, already: false });
    expect(await takeLeaseAway(far, { service, by: 'dana', reason: 'terminated' })).toBeUndefined();
  });

  it('ends an attempt that is at work when somebody takes it', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    try {
      const { generation } = await takeLease(near, wanted('one'));
      const held = { run: 'one', service, leases: [{ location: 'near', generation, needed: true }] };
      const told = new Promise<Error>((resolve) => watchLeases(held, open, signal, resolve));
      await takeLeaseAway(near, { service, by: 'dana', reason: 'terminated' });
      vi.advanceTimersByTime(3_000);
      expect(await told).toMatchObject({ type: 'LeaseLost' });
    } finally {
      vi.useRealTimers();
    }
  });

  it('lets nothing change while the needed location is silent; another that is silent holds nothing up', async () => {
    const silent = async (name: string) => (name === 'near' ? near : Promise.reject(new Error('cut off')));
    const { generation } = await takeLease(near, wanted('one'));
    const leases = (needed: boolean) => [
      { location: 'near', generation, needed: true },
      { location: 'far', generation: 1, needed },
    ];
    await assertHeld({ run: 'one', service, leases: leases(false) }, silent, signal);
    const needed = assertHeld({ run: 'one', service, leases: leases(true) }, silent, signal);
    await expect(needed).rejects.toMatchObject({ name: 'LeaseSilent' });
  });

  it('refuses what lies there and is no lease, until somebody takes over', async () => {
    await near.put(layout.lease(service), Buffer.from('{}'));
    await expect(takeLease(near, wanted('one'))).rejects.toMatchObject({
      type: 'LeaseUnreadable',
      hint: expect.stringContaining('muster takeover'),
    });
    await takeLeaseAway(near, { service, by: 'dana', reason: 'somebody wrote nonsense' });
    expect(await takeLease(near, wanted('one'))).toMatchObject({ already: false });
  });
});

describe('the step takeLease', () => {
  const input = (others: string[] = []) => ({
    service,
    procedure: 'failover',
    holder: 'dana',
    needed: ['near'],
    others,
    term: 60_000,
  });

  it('holds it where it is needed and where else it can, and gives both back', async () => {
    const context = await stepContext({ store: open, run: 'one' });
    const output = await takeLeaseStep.run(input(['far']), context);
    expect(output.leases).toEqual([
      { location: 'near', generation: 1, needed: true },
      { location: 'far', generation: 1, needed: false },
    ]);
    const other = await stepContext({ store: open, run: 'two' });
    expect(await takeLeaseStep.check?.(input(), other)).toMatchObject({
      state: 'blocked',
      why: expect.stringContaining('one'),
    });
    await expect(takeLeaseStep.run(input(), other)).rejects.toMatchObject({ type: 'LeaseHeld' });
    await takeLeaseStep.undo?.(input(['far']), null, other);
    expect(await takeLeaseStep.check?.(input(), other)).toMatchObject({ state: 'blocked' });
    await takeLeaseStep.undo?.(input(['far']), null, context);
    expect(await takeLeaseStep.check?.(input(), other)).toEqual({ state: 'ready' });
    const plan = await spacetimePlan();
    plan.service = service;
    expect(await leasesInForce(plan, async (name) => (name === 'company-backups' ? near : far))).toEqual([
      { location: 'company-backups' },
      { location: 'company-backups-dr' },
    ]);
  });

  it('does without a location that is not needed and does not answer', async () => {
    const context = await stepContext({
      run: 'one',
      store: (name) => (name === 'near' ? open(name) : Promise.reject(new Error('cut off'))),
    });
    expect((await takeLeaseStep.run(input(['far']), context)).leases).toHaveLength(1);
    await takeLeaseStep.undo?.(input(['far']), null, context);
  });

  it('gives it back at the others when a needed location does not answer any more, and says so', async () => {
    await takeLeaseStep.run(input(['far']), await stepContext({ store: open, run: 'one' }));
    const dead = await stepContext({
      run: 'one',
      store: (name) => (name === 'far' ? open(name) : Promise.reject(new Error('cut off'))),
    });
    await expect(takeLeaseStep.undo?.(input(['far']), null, dead)).rejects.toThrow('cut off');
    expect((await readLease(far, service)).lease).toMatchObject({ run: 'one', released: expect.any(String) });
    expect((await readLease(near, service)).lease?.released).toBeUndefined();
  });
});

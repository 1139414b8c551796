/** What a drill makes way for: one rule, asked before it begins and while it goes on. */
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { awaitRecovery, recoveryBeside } from '../../../activities/drills/recovery-beside.ts';
import type { LeaseAt } from '../../../activities/lease/holders.ts';
import type { Lease } from '../../../domain/run/lease.ts';

const service = 'svc';
const now = Date.now();
const iso = (ms: number) => new Date(ms).toISOString();

/** A server on which these workflows run, each since a time. */
function server(running: Readonly<Record<string, number>>): Client {
  const describeOf = async (id: string) => {
    const since = running[id];
    if (since === undefined) throw new WorkflowNotFoundError('not found', id, undefined);
    return {
      status: { name: 'RUNNING' },
      startTime: new Date(since),
      type: id.endsWith('fence') ? 'fence' : 'failover',
    };
  };
  return { workflow: { getHandle: (id: string) => ({ describe: () => describeOf(id) }) } } as unknown as Client;
}

const lease = (run: string, more: Partial<Lease> = {}): Lease => ({
  ...{ format: 1, service, generation: 1, run, procedure: 'failover', holder: 'dana', settled: false },
  ...{ since: iso(now), until: iso(now + 60_000), ...more },
});
const at =
  (...leases: Lease[]) =>
  async (): Promise<LeaseAt[]> => [
    { location: 'gone', unreachable: 'it does not answer' },
    ...leases.map((each) => ({ location: 'east', lease: each })),
  ];
const call = { service, run: 'drill-1' };

describe('whether a recovery goes first', () => {
  it('says who runs, a fence too, and says nothing where nothing does', async () => {
    const recovering = await recoveryBeside(call, server({ 'svc/recovery': now }), at());
    expect(recovering).toEqual({ who: 'svc/recovery', what: 'svc/recovery (failover) began' });
    expect(await recoveryBeside(call, server({ 'svc/fence': now }), at())).toMatchObject({ who: 'svc/fence' });
    expect(await recoveryBeside(call, server({ 'other/recovery': now }), at())).toBeUndefined();
  });

  it('counts what began before it only where any that runs does', async () => {
    const before = server({ 'svc/recovery': now - 1 });
    expect(await recoveryBeside({ ...call, since: iso(now) }, before, at())).toBeUndefined();
    expect(await recoveryBeside({ ...call, since: iso(now - 1) }, before, at())).toMatchObject({ who: 'svc/recovery' });
    expect(await recoveryBeside(call, before, at())).toMatchObject({ who: 'svc/recovery' });
  });

  it('says of what a drill began that the drill is gone, once it does not run and nothing goes first', async () => {
    const own = { ...call, of: 'drill-7' };
    expect(await recoveryBeside(own, server({ 'svc/drill': now }), at())).toBeUndefined();
    const what = 'drill-7, which began it, does not run any more';
    expect(await recoveryBeside(own, server({}), at())).toEqual({ who: 'svc/drill', what, orphaned: true });
    expect(await recoveryBeside(own, server({ 'svc/recovery': now }), at())).toMatchObject({ who: 'svc/recovery' });
    expect(await recoveryBeside(own, undefined, at())).toBeUndefined();
    expect(await recoveryBeside(call, server({}), at())).toBeUndefined();
  });

  it('sees a holder of the lease without a server, past a location that does not answer', async () => {
    const found = await recoveryBeside(call, undefined, at(lease('by-hand-1')));
    expect(found?.who).toMatch(/^run by-hand-1 \(failover, for dana\)/);
    expect(found?.what).toMatch(/has the lease$/);
  });

  it('lets its own lease and that of a service that is only watched stand, in any order', async () => {
    const others = fc.array(fc.record({ run: fc.constantFrom('drill-1', 'a', 'b', 'c'), settled: fc.boolean() }));
    await fc.assert(
      fc.asyncProperty(others, async (held) => {
        const found = await recoveryBeside(call, undefined, at(...held.map(({ run, ...rest }) => lease(run, rest))));
        // Of one that holds several, the last that was read says how it stands.
        const last = new Map(held.map(({ run, settled }) => [run, settled]));
        expect(found !== undefined).toBe([...last].some(([run, settled]) => run !== 'drill-1' && !settled));
      }),
    );
  });
});

it('asks the server at each turn and the locations seldom, until there is something', async () => {
  const asked: boolean[] = [];
  const look = async (leases: boolean) => {
    asked.push(leases);
    return asked.length === 8 ? { who: 'svc/recovery', what: 'it began' } : undefined;
  };
  expect(await awaitRecovery(look, async () => {})).toEqual({ who: 'svc/recovery', what: 'it began' });
  expect(asked).toEqual([true, false, false, false, false, false, true, false]);
});

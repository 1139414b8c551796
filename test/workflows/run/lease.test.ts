import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { act, openRange, stage } from '../support/range.ts';

let range: Awaited<ReturnType<typeof openRange>>;
beforeAll(async () => {
  range = await openRange();
});
afterAll(() => range.close());

const lease = (id: string, term = 60_000) =>
  act(id, { output: { leases: [{ location: 'west', generation: 4, needed: true }], term } });
const callsOf = (run: string) =>
  range.calls.filter((call) => call.endsWith(` of ${run}`) || call.includes(`of ${run},`));

describe('the lease of a run', () => {
  it('goes with every step after the one that took it, and is given back at the end', async () => {
    const run = await range.start({ items: [stage('Take it', [lease('lease-a')]), stage('Work', [act('work-a')])] });
    await run.until(({ phase }) => phase === 'awaiting-approval');
    const { run: id } = await run.status();
    await run.go();
    expect(await run.result()).toMatchObject({ phase: 'done' });
    expect(range.calls).not.toContain('lease-a by west#4');
    expect(range.calls).toContain('work-a by west#4');
    expect(callsOf(id)).toEqual([`release west#4 of ${id}`]);
  });

  it('is given back by an aborted run, after everything was put back under it', async () => {
    const run = await range.start({
      items: [stage('Take it', [lease('lease-b')]), stage('Work', [act('work-b', { wait: true }, { undoable: true })])],
    });
    await run.until(({ phase }) => phase === 'awaiting-approval');
    const { run: id } = await run.status();
    await run.go();
    await expect.poll(() => range.calls).toContain('work-b by west#4');
    await run.update('abort', { by: 'ops', reason: 'enough' });
    expect(await run.result()).toMatchObject({ phase: 'aborted' });
    const undone = range.calls.findIndex((call) => call.startsWith('undo work-b'));
    expect(undone).toBeGreaterThan(0);
    expect(range.calls.indexOf(`release west#4 of ${id}`)).toBeGreaterThan(undone);
  });

  it('holds nobody up at the end: people are told before a location that does not answer gives it back', async () => {
    const run = await range.start({ items: [stage('Take it', [lease('lease-f')]), stage('Work', [act('work-f')])] });
    await run.until(({ phase }) => phase === 'awaiting-approval');
    const { run: id, service } = await run.status();
    range.silent.add(id);
    await run.go();
    await expect.poll(() => range.calls, { timeout: 10_000 }).toContain(`release west#4 of ${id}`);
    await expect.poll(() => range.calls, { timeout: 10_000 }).toContain(`notice done info of ${service}`);
    range.silent.delete(id);
    expect(await run.result()).toMatchObject({ phase: 'done' });
  });

  it('is renewed while the run waits, and says so when somebody else has it', async () => {
    const run = await range.start({
      items: [stage('Take it', [lease('lease-c', 2_000)]), stage('Work', [act('work-c', { wait: true })])],
    });
    await run.until(({ phase }) => phase === 'awaiting-approval');
    const { run: id, service } = await run.status();
    await run.go();
    await expect.poll(() => callsOf(id), { timeout: 10_000 }).toContain(`renew west#4 of ${id}`);
    range.lost.add(id);
    await expect.poll(() => range.calls, { timeout: 10_000 }).toContain(`notice lease danger of ${service}`);
    range.release('work-c');
    expect(await run.result()).toMatchObject({ phase: 'done' });
  });

  it('is needed at one location only from a point of no return on that says which: the other site may be dead', async () => {
    const both = [
      { location: 'west', generation: 4, needed: true },
      { location: 'east', generation: 2, needed: true },
    ];
    const items = [
      stage('Take it', [act('lease-e', { output: { leases: both, term: 60_000 } })]),
      stage('Before', [act('work-e')]),
      { type: 'pointOfNoReturn' as const, title: 'west takes writes', lease: 'west' },
      stage('After', [act('more-e')]),
    ];
    const run = await range.start({ items });
    await run.until(({ phase }) => phase === 'awaiting-approval');
    const { run: id } = await run.status();
    await run.go();
    await run.result();
    expect(range.calls).toContain('work-e by west#4,east#2');
    expect(range.calls).toContain('more-e by west#4,east#2 if it answers');
    expect(callsOf(id)).toEqual([`release west#4,east#2 if it answers of ${id}`]);
  });

  it('is absent where no step took one', async () => {
    const run = await range.start({ items: [stage('Work', [act('work-d')])] });
    await run.until(({ phase }) => phase === 'awaiting-approval');
    const { run: id } = await run.status();
    await run.go();
    await run.result();
    expect(range.calls).not.toContain('work-d by west#4');
    expect(callsOf(id)).toEqual([]);
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PlaybookItem } from '../../../domain/playbook/playbook.ts';
import { act, hashOf, openRange, runOf, stage } from '../support/range.ts';

let range: Awaited<ReturnType<typeof openRange>>;
beforeAll(async () => {
  range = await openRange();
});
afterAll(() => range.close());

const waits = ({ phase }: { phase: string }) => phase === 'awaiting-approval';
const failed = ({ needs }: { needs: { what: string }[] }) => needs.some(({ what }) => what.includes('which failed'));
const noReturn: PlaybookItem = { type: 'pointOfNoReturn', title: 'west takes writes' };

/** Started, approved, and standing at the step that fails. */
async function standing(items: PlaybookItem[], risks: never[] = []) {
  const run = await range.start({ items, risks });
  await run.until(waits);
  const { service, run: id } = await run.status();
  await run.go();
  await run.until(failed);
  // The workflow goes on as another execution: asked by its id alone, the newest answers.
  const newest = runOf(range.client.workflow.getHandle(`${service}/recovery`));
  return { ...newest, service, id };
}

describe('a plan that is changed while the run goes on', () => {
  it('is approved anew, by its own hash, and does only what is left', async () => {
    const items = (id: string, input: object) => [
      stage('One', [act(`${id}-one`, { output: { outcome: 'made' } }, { undoable: true })]),
      stage('Two', [act(`${id}-two`, input)]),
    ];
    const run = await standing(items('a', { fail: 9 }));
    range.rescript(run.service, { items: items('a', { to: 'the right zone' }) });
    expect(await run.update('replan', { by: 'ops', reason: 'the zone was wrong' })).toMatchObject({ taken: true });
    const status = await run.until((now) => waits(now) && now.revision === 2);
    expect(status).toMatchObject({ run: run.id, playbook: hashOf(2) });
    expect(await run.go()).toMatchObject({ taken: false, why: expect.stringContaining('another playbook') });
    expect(await run.go({ playbook: hashOf(2) })).toMatchObject({ taken: true });
    expect(await run.result()).toMatchObject({ phase: 'done', run: run.id });
    expect(range.calls.filter((call) => call.startsWith('a-'))).toEqual(['a-one#1', 'a-two#1', 'a-two#2']);
    // Who let the plan before go is not forgotten, and lets nothing go any more.
    expect(status.approvals).toEqual([]);
    expect(status.approvedBefore).toMatchObject([
      { by: 'approver', decision: 'go', accepted: true, playbook: hashOf(1) },
    ]);
    const texts = status.timeline.map(({ text }) => text);
    expect(texts).toContain('a-one done: made');
    expect(texts).toContain('the plan is changed: the zone was wrong');
  });

  it('can still be aborted: what the plan before changed is put back, newest first', async () => {
    const items = [
      stage('One', [act('b-one', {}, { undoable: true })]),
      stage('Two', [act('b-two', { fail: 1 }, { undoable: true })]),
      stage('Three', [act('b-three', { fail: 9 })]),
    ];
    const run = await standing(items);
    await run.update('replan', { by: 'ops', reason: 'again' });
    await run.until((now) => waits(now) && now.revision === 2);
    await run.go({ playbook: hashOf(2) });
    await run.until(failed);
    await run.update('abort', { by: 'ops' });
    expect(await run.result()).toMatchObject({ phase: 'aborted', summary: expect.stringContaining('Act b-one') });
    const undone = range.calls.filter((call) => call.startsWith('undo b-'));
    expect(undone).toEqual(['undo b-two to {"was":"b-two"}', 'undo b-one to {"was":"b-one"}']);
    expect(range.calls.filter((call) => call === 'before b-two')).toHaveLength(1);
  });

  it('puts everything back first where another recovery point is wanted, and begins anew with other generations', async () => {
    const run = await standing([
      stage('One', [act('c-one', {}, { undoable: true })]),
      stage('Two', [act('c-two', { fail: 1 })]),
    ]);
    const point = '20260102_031500';
    expect(await run.update('replan', { by: 'ops', reason: 'it does not start', point })).toMatchObject({
      taken: true,
    });
    await run.until((now) => waits(now) && now.revision === 2);
    await run.go({ playbook: hashOf(2) });
    expect(await run.result()).toMatchObject({ phase: 'done' });
    expect(range.calls.filter((call) => /(^| )c-/.test(call))).toEqual([
      'before c-one',
      'c-one#1',
      'c-two#1',
      'undo c-one to {"was":"c-one"}',
      'before c-one',
      'c-one#2',
      'c-two#2',
    ]);
    expect(range.assessed.at(-1)).toMatchObject({ point });
  });

  it('plans past the point of no return only what comes after it, and puts nothing back there', async () => {
    const run = await standing([
      stage('One', [act('d-one', {}, { undoable: true })]),
      noReturn,
      stage('Two', [act('d-two', { fail: 1 })]),
    ]);
    for (const more of [{ putBack: true }, { point: '20260102_031500' }]) {
      const answer = await run.update('replan', { by: 'ops', reason: 'another', ...more });
      expect(answer).toMatchObject({ taken: false, why: expect.stringContaining('past the point of no return') });
    }
    // What was restored is not restored again although the plan says something else of it by now.
    range.rescript(run.service, {
      items: [stage('One', [act('d-one', { other: true })]), noReturn, stage('Two', [act('d-two')])],
    });
    await run.update('replan', { by: 'ops', reason: 'the name was wrong' });
    await run.until((now) => waits(now) && now.revision === 2);
    await run.go({ playbook: hashOf(2) });
    expect(await run.result()).toMatchObject({ phase: 'done' });
    expect(range.calls.filter((call) => call.startsWith('d-'))).toEqual(['d-one#1', 'd-two#1', 'd-two#2']);
  });

  it('does a step again that was done with other inputs, and what came after it; a skipped one stays skipped', async () => {
    const items = (input: object) => [
      stage('One', [act('e-one', input)]),
      stage('Two', [act('e-two')]),
      stage('Three', [act('e-three', { fail: 9 })]),
    ];
    const zero = stage('Zero', [act('e-zero')]);
    const run = await standing([zero, ...items({})]);
    range.rescript(run.service, { items: [zero, ...items({ other: true })] });
    await run.update('replan', { by: 'ops', reason: 'another' });
    await run.until((now) => waits(now) && now.revision === 2);
    await run.go({ playbook: hashOf(2) });
    await run.until(failed);
    await run.update('skip', { by: 'ops', step: 'e-three', reason: 'never mind' });
    expect(await run.result()).toMatchObject({ phase: 'done' });
    expect(range.calls.filter((call) => call.startsWith('e-'))).toEqual([
      ...['e-zero#1', 'e-one#1', 'e-two#1', 'e-three#1'],
      ...['e-one#2', 'e-two#2', 'e-three#2'],
    ]);
  });

  it('that is refused ends nothing: the run waits for another, and puts nothing back', async () => {
    const items = [stage('One', [act('r-one', {}, { undoable: true })]), stage('Two', [act('r-two', { fail: 1 })])];
    const run = await standing(items);
    range.rescript(run.service, { items, unknown: true });
    await run.update('replan', { by: 'ops', reason: 'another' });
    const refused = await run.until(({ needs, revision }) => revision === 2 && needs.length > 0);
    expect(refused.needs[0]?.what).toContain('There is nothing to restore');
    range.rescript(run.service, { items });
    await run.update('replan', { by: 'ops', reason: 'the location is back' });
    await run.until((now) => waits(now) && now.revision === 3);
    await run.go({ playbook: hashOf(3) });
    expect(await run.result()).toMatchObject({ phase: 'done' });
    expect(range.calls.filter((call) => call.includes('r-one') || call.includes('r-two'))).toEqual([
      'before r-one',
      'r-one#1',
      'r-two#1',
      'r-two#2',
    ]);
  });

  it('that nobody wants is no end without a trace: what was done before it is put back, and said', async () => {
    const run = await standing([
      stage('One', [act('n-one', {}, { undoable: true })]),
      stage('Two', [act('n-two', { fail: 9 })]),
    ]);
    await run.update('replan', { by: 'ops', reason: 'another' });
    await run.until((now) => waits(now) && now.revision === 2);
    await run.go({ playbook: hashOf(2), decision: 'no-go', reason: 'enough' });
    const { phase, summary } = await run.result();
    expect(phase).toBe('aborted');
    expect(summary).toContain('Put back: Act n-one.');
    expect(range.calls).toContain('undo n-one to {"was":"n-one"}');
  });

  it('is overtaken by an abort that comes while the old one is put back', async () => {
    const run = await standing([
      stage('One', [act('o-one', { undoWaits: true }, { undoable: true })]),
      stage('Two', [act('o-two', { fail: 9 })]),
    ]);
    await run.update('replan', { by: 'ops', reason: 'again', putBack: true });
    await expect.poll(() => range.calls).toContain('undo o-one to {"was":"o-one"}');
    expect(await run.update('note', { by: 'ops', text: 'lost?' })).toMatchObject({ taken: false });
    expect(await run.update('abort', { by: 'ops', reason: 'enough' })).toMatchObject({ taken: true });
    range.release('undo o-one');
    expect(await run.result()).toMatchObject({ phase: 'aborted' });
    expect((await run.status()).revision).toBeUndefined();
  });

  it('keeps the lease and the clock of the declaration', async () => {
    const lease = act('f-lease', {
      output: { leases: [{ location: 'west', generation: 4, needed: true }], term: 60_000 },
    });
    const run = await standing([stage('Lease', [lease]), stage('Two', [act('f-two', { fail: 1 })])]);
    const { clock } = await run.status();
    await run.update('replan', { by: 'ops', reason: 'again' });
    const after = await run.until((now) => waits(now) && now.revision === 2);
    expect(after.clock.declared).toEqual(clock.declared);
    await run.go({ playbook: hashOf(2) });
    await run.result();
    expect(range.calls.filter((call) => call === 'f-two by west#4')).toHaveLength(2);
    expect(range.calls).toContain(`release west#4 of ${run.id}`);
  });

  it('becomes a failover before its time has come: that begins when it is approved', async () => {
    const at = new Date(Date.now() + 600_000).toISOString();
    const script = { items: [stage('One', [act('h-one')])] };
    const run = await range.start(script, { procedure: 'failback', at }, 'failback');
    const { service } = await run.until(waits);
    await run.go();
    await run.until(({ phase }) => phase === 'awaiting-start');
    const newest = runOf(range.client.workflow.getHandle(`${service}/recovery`));
    expect(await run.update('replan', { by: 'ops', reason: 'the source died', ungraceful: true })).toMatchObject({
      taken: true,
    });
    const status = await newest.until((now) => waits(now) && now.revision === 2);
    expect(status).toMatchObject({ procedure: 'failover' });
    await newest.go({ playbook: hashOf(2) });
    expect(await newest.result()).toMatchObject({ phase: 'done' });
  });

  it('can change before the go, and not once the run is ending', async () => {
    const run = await range.start({ items: [stage('One', [act('g-one')])] });
    const { service } = await run.until(waits);
    const newest = runOf(range.client.workflow.getHandle(`${service}/recovery`));
    expect(await run.update('replan', { by: 'ops', reason: 'no', ungraceful: true })).toMatchObject({ taken: false });
    await run.update('replan', { by: 'ops', reason: 'the plan file changed' });
    await newest.until((now) => waits(now) && now.revision === 2);
    await newest.go({ playbook: hashOf(2) });
    expect(await newest.result()).toMatchObject({ phase: 'done' });
  });
});

/** What operators do and are told while a run goes on: hold, hand over, a step that is stuck, what is true after an abort. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { act, openRange, stage } from './support/range.ts';

let range: Awaited<ReturnType<typeof openRange>>;
beforeAll(async () => {
  range = await openRange();
});
afterAll(() => range.close());

const waits = ({ phase }: { phase: string }) => phase === 'awaiting-approval';

describe('an operator', () => {
  it('holds a run before its next stage, while the steps of the present one go on', async () => {
    const run = await range.start({
      items: [stage('One', [act('h-one', { wait: true })], [act('h-two')]), stage('Two', [act('h-three')])],
    });
    await run.until(waits);
    await run.go();
    await expect.poll(() => range.calls).toContain('h-one#1');
    expect(await run.update('hold', { by: 'ops' })).toMatchObject({ taken: true });
    // Not yet there: one hold is enough. Held before a stage, another lets it on by one.
    expect(await run.update('hold', { by: 'ops' })).toMatchObject({ taken: false });
    range.release('h-one');
    const held = await run.until(({ needs }) => needs.length > 0);
    expect(held.needs[0]?.what).toBe('the run is held before "Two"');
    expect(range.calls).toContain('h-two#1');
    expect(range.calls).not.toContain('h-three#1');
    await run.update('resume', { by: 'ops' });
    expect(await run.result()).toMatchObject({ phase: 'done' });
    expect(await run.update('hold', { by: 'ops' }).catch(() => 'ended')).toBe('ended');
  });

  it('hands a run over, which says who is on duty from then on', async () => {
    const run = await range.start({ items: [stage('One', [act('o-one', { wait: true })])] });
    await run.until(waits);
    await run.update('handover', { by: 'dana', to: 'robin', text: 'the network team calls back at 04:00' });
    const { onDuty, timeline } = await run.status();
    expect(onDuty).toMatchObject({ name: 'robin' });
    expect(timeline.at(-1)).toMatchObject({ by: 'dana', text: expect.stringContaining('calls back at 04:00') });
    await run.update('abort', { by: 'robin' });
    await run.result();
  });
});

describe('a step', () => {
  it('is named as stuck while it runs longer than it should, and no longer once it ended', async () => {
    const slow = act('s-slow', { wait: true }, { slow: 300 });
    const run = await range.start({ items: [stage('One', [slow, act('s-fast', {}, { slow: 60_000 })])] });
    await run.until(waits);
    const { service } = await run.status();
    await run.go();
    const status = await run.until(({ stages }) => stages[0]?.ranks[0]?.[0]?.stuckSince !== undefined);
    expect(status.timeline.at(-1)?.text).toContain('Act s-slow is stuck');
    await expect.poll(() => range.calls).toContain(`notice stuck warning of ${service}`);
    range.release('s-slow');
    await run.result();
    const { timeline } = await run.status();
    expect(timeline.filter(({ text }) => text.includes('stuck'))).toHaveLength(1);
    const ended = await run.stateOf('s-slow');
    expect(ended?.state).toBe('done');
    expect(ended).not.toHaveProperty('stuckSince');
  });
});

describe('an abort', () => {
  it('is not overtaken by the point of no return when the step before it ends well all the same', async () => {
    const run = await range.start({
      items: [
        stage('One', [act('p-one', {}, { undoable: true })]),
        stage('Two', [act('p-two', { deaf: true })]),
        { type: 'pointOfNoReturn', title: 'west takes writes' },
        stage('Three', [act('p-three')]),
      ],
    });
    await run.until(waits);
    await run.go();
    await expect.poll(() => range.calls).toContain('p-two#1');
    expect(await run.update('abort', { by: 'ops' })).toMatchObject({ why: 'stopping and putting back' });
    range.release('p-two');
    expect(await run.result()).toMatchObject({
      phase: 'aborted',
      summary: expect.stringContaining('Put back: Act p-one.'),
    });
    expect((await run.status()).passedNoReturn).toBe(false);
    expect(range.calls).not.toContain('p-three#1');
  });

  it('says what is seen after it was put back, good and bad', async () => {
    const run = await range.start({
      items: [stage('One', [act('y-one', {}, { undoable: true })]), stage('Two', [act('y-two', { wait: true })])],
      steady: [act('y-see', { output: { outcome: 'healthy' } }), act('y-blind', { fail: 9 })],
    });
    await run.until(waits);
    await run.go();
    await expect.poll(() => range.calls).toContain('y-two#1');
    await run.update('abort', { by: 'ops' });
    const { summary } = await run.result();
    expect(summary).toContain('Put back: Act y-one.');
    expect(summary).toContain('Seen since: Act y-see: healthy; Act y-blind: it broke');
    expect(range.calls.indexOf('y-see#1')).toBeGreaterThan(
      range.calls.findIndex((call) => call.startsWith('undo y-one')),
    );
  });

  it('before the go changed nothing, and looks at nothing', async () => {
    const run = await range.start({ items: [stage('One', [act('z-one')])], steady: [act('z-see')] });
    await run.until(waits);
    await run.update('abort', { by: 'ops' });
    await run.result();
    expect(range.calls).not.toContain('z-see#1');
  });
});

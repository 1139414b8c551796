/** Planned moves: what fails before the point of no return is put back by itself, and what was planned for later begins then. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Step } from '../../domain/playbook/playbook.ts';
import { act, openRange, type Script, stage } from './support/range.ts';

type Range = Awaited<ReturnType<typeof openRange>>;
let range: Range;
beforeAll(async () => {
  range = await openRange();
});
afterAll(() => range.close());

const phaseIs = (phase: string) => (status: { phase: string }) => status.phase === phase;
const undoable: Partial<Step> = { undoable: true };
const start = (script: Script, input: object = {}) =>
  range.start({ onFailure: 'putBack', ...script }, { procedure: 'switchover', ...input }, 'switchover');

async function gone(script: Script) {
  const run = await start(script);
  await run.until(phaseIs('awaiting-approval'));
  await run.go();
  return run;
}
const undone = (mark: string) =>
  range.calls.filter((call) => call.startsWith(`undo ${mark}`)).map((call) => call.split(' ')[1]);

describe('a step that fails before the point of no return', () => {
  it('is put back without asking anybody, what users wait for first, and the site that was to be left is looked at', async () => {
    const run = await gone({
      items: [
        stage('one', [act('a-host', {}, undoable)], [act('a-name', {}, { ...undoable, putBack: 'first' })]),
        stage(
          'two',
          [act('a-stop', {}, { ...undoable, putBack: 'first' })],
          [act('a-data', {}, undoable)],
          [act('a-broken', { fail: 9 })],
        ),
        { type: 'pointOfNoReturn', title: 'it takes writes' },
      ],
      steady: [act('a-steady')],
    });
    expect(await run.result()).toMatchObject({
      phase: 'put-back',
      summary: expect.stringMatching(/did not happen: Act a-broken failed: it broke.*\. east serves .* again/),
    });
    expect(undone('a-')).toEqual(['a-stop', 'a-name', 'a-data', 'a-host']);
    expect(range.calls.indexOf('a-steady#1')).toBeGreaterThan(range.calls.indexOf('undo a-host to {"was":"a-host"}'));
    expect((await run.status()).needs).toEqual([]);
  });

  it('cannot be skipped beforehand: what was approved is the whole of it', async () => {
    const run = await gone({
      items: [stage('one', [act('k-hold', { wait: true })], [act('k-proof')])],
    });
    await run.until(() => range.calls.includes('k-hold#1'));
    const skipped = await run.update('skip', { by: 'ops', step: 'k-proof', reason: 'in a hurry' });
    expect(skipped).toMatchObject({ taken: false, why: expect.stringContaining('abort it instead') });
    range.release('k-hold');
    expect(await run.result()).toMatchObject({ phase: 'done' });
    expect(range.calls).toContain('k-proof#1');
  });

  it('lets go of what goes on alongside, and puts back only then', async () => {
    const run = await gone({
      items: [
        { type: 'stage', title: 'beside', ranks: [[act('b-beside', { wait: true }, undoable)]], alongside: true },
        stage('one', [act('b-hold', { wait: true })], [act('b-broken', { fail: 9 })]),
      ],
    });
    await run.until(() => range.calls.includes('b-beside#1') && range.calls.includes('b-hold#1'));
    range.release('b-hold');
    expect(await run.result()).toMatchObject({ phase: 'put-back' });
    const ended = range.calls.indexOf('b-beside let go');
    expect(ended).toBeGreaterThan(-1);
    expect(range.calls.indexOf('undo b-beside to {"was":"b-beside"}')).toBeGreaterThan(ended);
    expect(await run.stateOf('b-broken')).toMatchObject({ state: 'failed' });
  });

  it('ends as failed, with the way on, when the site that was to be left does not serve', async () => {
    const run = await gone({
      items: [stage('one', [act('c-stop', {}, undoable)], [act('c-broken', { fail: 9 })])],
      steady: [act('c-steady', { fail: 9 })],
    });
    await expect(run.result()).rejects.toThrow();
    const { phase, timeline } = await run.status();
    expect(phase).toBe('failed');
    expect(timeline.at(-1)?.text).toMatch(
      /east does NOT serve .*: it broke.* Try: muster failover \S+ --from east --to west\./,
    );
  });

  it('is left alone where it is not required', async () => {
    const run = await gone({ items: [stage('one', [act('d-broken', { fail: 9 }, { required: false })])] });
    expect(await run.result()).toMatchObject({ phase: 'done' });
  });
});

it('asks a person, as ever, about a step that fails after the point of no return', async () => {
  const run = await gone({
    items: [
      stage('one', [act('e-stop', {}, undoable)]),
      { type: 'pointOfNoReturn', title: 'it takes writes' },
      stage('two', [act('e-broken', { fail: 1 })]),
    ],
  });
  await run.until(({ needs }) => needs.length > 0);
  await run.update('retry', { by: 'op', step: 'e-broken' });
  expect(await run.result()).toMatchObject({ phase: 'done' });
  expect(undone('e-')).toEqual([]);
});

it('says after an abort whether the site that was to be left serves', async () => {
  const run = await gone({
    items: [stage('one', [act('f-stop', {}, undoable)], [act('f-stuck', { wait: true })])],
    steady: [act('f-steady')],
  });
  await run.until(() => range.calls.includes('f-stuck#1'));
  await run.update('abort', { by: 'op' });
  expect(await run.result()).toMatchObject({ phase: 'aborted', summary: expect.stringContaining('east serves') });
});

describe('a move that is planned for later', () => {
  const soon = () => new Date(Date.now() + 2_500).toISOString();

  it('is approved at once, begins at its time, and the world is read again by then', async () => {
    const at = soon();
    const run = await start({ items: [stage('one', [act('g-one')])] }, { at });
    await run.until(phaseIs('awaiting-approval'));
    await run.go();
    expect(await run.until(phaseIs('awaiting-start'))).toMatchObject({ startsAt: at, needs: [] });
    expect(range.calls).not.toContain('g-one#1');
    expect(await run.result()).toMatchObject({ phase: 'done' });
    const { clock, timeline } = await run.status();
    expect(Date.parse(clock.declared.at)).toBeGreaterThanOrEqual(Date.parse(at));
    expect(timeline.map(({ text }) => text)).toContain('the world is as it was when this was approved');
  });

  it('needs another go when what was approved is no longer what would be done', async () => {
    const items = [stage('one', [act('h-one')])];
    const other = 'beef'.padEnd(64, '0');
    const run = await start({ items }, { at: soon() });
    await run.until(phaseIs('awaiting-approval'));
    await run.go();
    const { service: own } = await run.until(phaseIs('awaiting-start'));
    const risks = [{ id: 'standby-host-missing', text: 'one host is gone', severity: 'high' as const }];
    range.rescript(own, { items, risks, sha256: other, onFailure: 'putBack' });
    await run.until(phaseIs('awaiting-approval'));
    const { approvals, timeline } = await run.status();
    expect(approvals).toMatchObject([
      { accepted: false, why: expect.stringContaining('new risks: standby-host-missing') },
    ]);
    expect(timeline.map(({ text }) => text).join('\n')).toContain('no longer what would be done');
    expect(await run.go()).toMatchObject({ taken: false });
    expect(await run.go({ playbook: other, accept: ['standby-host-missing'] })).toMatchObject({ taken: true });
    expect(await run.result()).toMatchObject({ phase: 'done' });
  });

  it('begins nothing when its window is over', async () => {
    const at = new Date(Date.now() + 300).toISOString();
    const until = new Date(Date.now() + 600).toISOString();
    const run = await start({ items: [stage('one', [act('i-one')])] }, { at, until });
    await run.until(({ phase }) => phase === 'awaiting-approval' && Date.now() > Date.parse(until));
    await run.go();
    expect(await run.result()).toMatchObject({ phase: 'rejected', summary: expect.stringContaining('window') });
    expect(range.calls).not.toContain('i-one#1');
  });

  it('is aborted unchanged before its time, and other procedures know no time', async () => {
    const run = await start(
      { items: [stage('one', [act('j-one')])] },
      { at: new Date(Date.now() + 60_000).toISOString() },
    );
    await run.until(phaseIs('awaiting-approval'));
    await run.go();
    await run.until(phaseIs('awaiting-start'));
    await run.update('abort', { by: 'op' });
    expect(await run.result()).toMatchObject({ phase: 'aborted' });
    const failover = await range.start({ items: [stage('one', [act('j-two')])] }, { at: soon() });
    await expect(failover.result()).rejects.toThrow();
  });

  describe('with a window that is over when a pause ends', () => {
    const asks = /maintenance window was over at .*: go on all the same, or abort/;
    const outside = ({ needs }: { needs: { what: string }[] }) => needs.some(({ what }) => asks.test(what));

    /** Begun within its window, and paused or held until that is over. */
    async function afterWindow(
      mark: string,
      how: 'pause' | 'hold',
      items = [stage('one', [act(`${mark}-one`, { wait: true })], [act(`${mark}-two`)])],
    ) {
      const at = new Date(Date.now() + 300).toISOString();
      const until = new Date(Date.now() + 4_000).toISOString();
      const run = await start({ items }, { at, until });
      await run.until(phaseIs('awaiting-approval'));
      await run.go();
      await run.until(() => range.calls.includes(`${mark}-one#1`));
      await run.update(how, { by: 'op' });
      range.release(`${mark}-one`);
      await run.until(({ needs }) => needs.length > 0 && Date.now() > Date.parse(until));
      expect(await run.update('resume', { by: 'op' })).toMatchObject({ taken: true });
      return { run, until };
    }

    it('changes nothing more until a person lets it go on, once for the whole run', async () => {
      const { run, until } = await afterWindow('w', 'pause');
      expect(await run.until(outside)).toMatchObject({ windowOver: until, phase: 'executing' });
      expect(range.calls).not.toContain('w-two#1');
      // It is told beside the run, which does not wait for it.
      const told = () => range.calls.filter((call) => call.startsWith('notice window-over danger'));
      await expect.poll(told).toHaveLength(1);
      expect(await run.update('resume', { by: 'dana', reason: 'agreed by phone' })).toMatchObject({ taken: true });
      expect(await run.result()).toMatchObject({ phase: 'done' });
      const { timeline } = await run.status();
      expect(timeline).toContainEqual(
        expect.objectContaining({
          by: 'dana',
          text: expect.stringMatching(/^go on outside the maintenance window, over at/),
        }),
      );
      expect(told()).toHaveLength(1);
    });

    it('is put back by an abort, and a hold before a stage counts as a pause', async () => {
      const items = [stage('one', [act('v-one', { wait: true }, undoable)]), stage('two', [act('v-two')])];
      const { run } = await afterWindow('v', 'hold', items);
      await run.until(outside);
      await run.update('abort', { by: 'op' });
      expect(await run.result()).toMatchObject({ phase: 'aborted' });
      expect(range.calls).not.toContain('v-two#1');
      expect(undone('v-')).toEqual(['v-one']);
    });

    it('is led to its end where its work alone took too long: users wait, and nobody is asked', async () => {
      const at = new Date(Date.now() + 300).toISOString();
      const until = new Date(Date.now() + 3_000).toISOString();
      const run = await start({ items: [stage('one', [act('x-one', { wait: true })], [act('x-two')])] }, { at, until });
      await run.until(phaseIs('awaiting-approval'));
      await run.go();
      await run.until(() => range.calls.includes('x-one#1') && Date.now() > Date.parse(until));
      range.release('x-one');
      expect(await run.result()).toMatchObject({ phase: 'done' });
      expect(range.calls).toContain('x-two#1');
      expect((await run.status()).timeline.map(({ text }) => text).join('\n')).not.toContain(
        'maintenance window was over',
      );
    });

    it('goes on after a pause where the writers were stopped: users wait', async () => {
      const stops = act('y-one', { wait: true }, { ...undoable, putBack: 'first' });
      const { run } = await afterWindow('y', 'pause', [stage('one', [stops], [act('y-two')])]);
      expect(await run.result()).toMatchObject({ phase: 'done' });
      expect(range.calls).toContain('y-two#1');
    });

    it('goes on to its end when the target has taken writes', async () => {
      const items = [
        { type: 'pointOfNoReturn' as const, title: 'it takes writes' },
        stage('one', [act('u-one', { wait: true })], [act('u-two')]),
      ];
      const { run } = await afterWindow('u', 'pause', items);
      expect(await run.result()).toMatchObject({ phase: 'done' });
    });
  });
});

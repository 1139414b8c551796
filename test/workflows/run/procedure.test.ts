import { WorkflowFailedError } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Step } from '../../../domain/playbook/playbook.ts';
import { workflowIdOf } from '../../../domain/playbook/procedures.ts';
import { act, hash, openRange, runOf, stage, stepOf } from '../support/range.ts';
import { recordHistory } from '../support/record.ts';

type Range = Awaited<ReturnType<typeof openRange>>;
let range: Range;

beforeAll(async () => {
  range = await openRange();
});
afterAll(() => range.close());

const phaseIs = (phase: string) => (status: { phase: string }) => status.phase === phase;
const needsSomebody = (status: { needs: unknown[] }) => status.needs.length > 0;

describe('a procedure', () => {
  it('waits for the go, runs its stages in order and ends done', async () => {
    const run = await range.start({ items: [stage('one', [act('a-one')]), stage('two', [act('a-two')])] });
    await run.until(phaseIs('awaiting-approval'));
    expect(range.calls).not.toContain('a-one#1');
    expect(await run.go()).toMatchObject({ taken: true });
    expect(await run.result()).toMatchObject({ phase: 'done', reports: ['report'] });
    expect(range.calls.indexOf('a-one#1')).toBeLessThan(range.calls.indexOf('a-two#1'));
  });

  it('goes by a Signal just as by an Update', async () => {
    const run = await range.start({ items: [stage('one', [act('by-signal')])] });
    await run.until(phaseIs('awaiting-approval'));
    await run.signal('approve', { by: 'approver', decision: 'go', playbook: hash });
    expect(await run.result()).toMatchObject({ phase: 'done' });
  });

  it('refuses an approval of another hash, by the requester, and twice, each with the reason', async () => {
    const run = await range.start({ items: [stage('one', [act('refusals', { wait: true })])] });
    await run.until(phaseIs('awaiting-approval'));
    expect(await run.go({ playbook: 'f'.repeat(64) })).toMatchObject({
      taken: false,
      why: expect.stringContaining('another playbook'),
    });
    expect(await run.go({ by: 'asker' })).toMatchObject({ taken: false });
    expect(await run.go()).toMatchObject({ taken: true });
    await run.until(phaseIs('executing'));
    expect(await run.go()).toMatchObject({ taken: false });
    const { approvals } = await run.status();
    expect(approvals.map((approval) => approval.accepted)).toEqual([false, false, true, false]);
    range.release('refusals');
    await run.result();
  });

  it('needs as many people as the plan says', async () => {
    const run = await range.start({ items: [stage('one', [act('quorum')])], policy: { quorum: 2 } });
    await run.until(phaseIs('awaiting-approval'));
    await run.go({ by: 'first' });
    expect((await run.status()).phase).toBe('awaiting-approval');
    await run.go({ by: 'second' });
    expect(await run.result()).toMatchObject({ phase: 'done' });
  });

  it('ends rejected and unchanged at a no-go, and when nobody decides in time', async () => {
    const refused = await range.start({ items: [stage('one', [act('never')])] });
    await refused.until(phaseIs('awaiting-approval'));
    await refused.go({ decision: 'no-go', reason: 'false alarm' });
    expect(await refused.result()).toMatchObject({
      phase: 'rejected',
      summary: expect.stringContaining('false alarm'),
    });
    const late = await range.start({ items: [stage('one', [act('never')])], policy: { timeLimit: 500 } });
    expect(await late.result()).toMatchObject({
      phase: 'rejected',
      summary: expect.stringContaining('nobody decided'),
    });
    expect(range.calls.filter((call) => call.startsWith('never'))).toEqual([]);
  });

  it('refuses an approval of a malformed shape without leaving a trace', async () => {
    const run = await range.start({ items: [stage('one', [act('shape')])] });
    await run.until(phaseIs('awaiting-approval'));
    await expect(run.update('approve', { decision: 'maybe' })).rejects.toThrow();
    expect((await run.status()).approvals).toEqual([]);
    await run.go();
    await run.result();
  });
});

describe('a failed step', () => {
  it('waits for a person, is tried again as the next generation, and its neighbours are left alone', async () => {
    const run = await range.start({ items: [stage('one', [act('breaks', { fail: 1 }), act('neighbour')])] });
    await run.until(phaseIs('awaiting-approval'));
    await run.go();
    await run.until(needsSomebody);
    expect(await run.stateOf('neighbour')).toMatchObject({ state: 'done' });
    expect(await run.stateOf('breaks')).toMatchObject({ state: 'failed', error: { type: 'Broken' } });
    expect(await run.update('retry', { by: 'op', step: 'neighbour' })).toMatchObject({ taken: false });
    expect(await run.update('retry', { by: 'op', step: 'breaks' })).toMatchObject({ taken: true });
    await run.result();
    expect(range.calls.filter((call) => call.startsWith('breaks'))).toEqual(['breaks#1', 'breaks#2']);
    expect(range.calls.filter((call) => call.startsWith('neighbour'))).toEqual(['neighbour#1']);
  });

  it('can be skipped with a reason that stays in the record', async () => {
    const run = await range.start({
      items: [stage('one', [act('hopeless', { fail: 9 })]), stage('two', [act('after')])],
    });
    await run.until(phaseIs('awaiting-approval'));
    await run.go();
    await run.until(needsSomebody);
    await expect(run.update('skip', { by: 'op', step: 'hopeless' })).rejects.toThrow();
    await run.update('skip', { by: 'op', step: 'hopeless', reason: 'done by hand' });
    expect(await run.result()).toMatchObject({ phase: 'done' });
    expect(await run.stateOf('hopeless')).toMatchObject({ state: 'skipped', skippedBy: 'op' });
    expect(range.calls).toContain('after#1');
  });

  it('does not hold the run when it is not required', async () => {
    const run = await range.start({ items: [stage('one', [act('optional', { fail: 9 }, { required: false })])] });
    await run.until(phaseIs('awaiting-approval'));
    await run.go();
    expect(await run.result()).toMatchObject({ phase: 'done' });
    expect(await run.stateOf('optional')).toMatchObject({ state: 'failed' });
  });

  it('is taken by the fallback queue when nobody polls its own', async () => {
    const run = await range.start({ items: [stage('one', [act('orphan', {}, { queue: 'nobody-here' })])] });
    await run.until(phaseIs('awaiting-approval'));
    await run.go();
    expect(await run.result()).toMatchObject({ phase: 'done' });
    expect((await run.status()).timeline.map((entry) => entry.text).join('\n')).toContain('nobody polls nobody-here');
  });
});

describe('an operator', () => {
  it('pauses before the next step and resumes', async () => {
    const run = await range.start({
      items: [stage('one', [act('held', { wait: true })]), stage('two', [act('next-one')])],
    });
    await run.until(phaseIs('awaiting-approval'));
    await run.go();
    await run.until((status) => status.stages[0]?.state === 'running');
    await run.update('pause', { by: 'op' });
    range.release('held');
    await run.until(needsSomebody);
    expect(range.calls).not.toContain('next-one#1');
    await run.update('resume', { by: 'op' });
    expect(await run.result()).toMatchObject({ phase: 'done' });
    expect((await run.status()).clock.waiting).toBeGreaterThan(0);
  });

  it('aborts, and what was changed is put back newest first', async () => {
    const undoable = { undoable: true };
    const items = [
      stage('one', [act('u-first', {}, undoable)], [act('u-second', {}, undoable)], [act('stuck', { wait: true })]),
    ];
    const run = await range.start({ items });
    await run.until(phaseIs('awaiting-approval'));
    await run.go();
    await run.until((status) => status.stages[0]?.ranks[2]?.[0]?.state === 'running');
    await run.update('abort', { by: 'op', reason: 'wrong site' });
    expect(await run.result()).toMatchObject({ phase: 'aborted', summary: expect.stringContaining('aborted by op') });
    const first = range.calls.indexOf('undo u-first to {"was":"u-first"}');
    const second = range.calls.indexOf('undo u-second to {"was":"u-second"}');
    expect(second).toBeGreaterThan(-1);
    expect(first).toBeGreaterThan(second);
    expect(range.calls.indexOf('before u-first')).toBeLessThan(range.calls.indexOf('u-first#1'));
  });

  it('puts back, without a note, a step that needs none', async () => {
    const items = [
      stage('one', [act('bare', {}, { undoable: true, noted: false })], [act('bare-stuck', { wait: true })]),
    ];
    const run = await range.start({ items });
    await run.until(phaseIs('awaiting-approval'));
    await run.go();
    await run.until((status) => status.stages[0]?.ranks[1]?.[0]?.state === 'running');
    await run.update('abort', { by: 'op' });
    expect(await run.result()).toMatchObject({ phase: 'aborted' });
    expect(range.calls.filter((call) => / bare( |$)/.test(call))).toEqual(['undo bare to null']);
  });

  it('puts nothing back after the point of no return', async () => {
    const items = [
      stage('one', [act('past', {}, { undoable: true })]),
      { type: 'pointOfNoReturn' as const, title: 'The standby takes writes' },
      stage('two', [act('past-stuck', { wait: true })]),
    ];
    const run = await range.start({ items });
    await run.until(phaseIs('awaiting-approval'));
    await run.go();
    await run.until((status) => status.stages[2]?.state === 'running');
    await run.update('abort', { by: 'op' });
    expect(await run.result()).toMatchObject({
      phase: 'aborted',
      summary: expect.stringContaining('point of no return'),
    });
    expect(range.calls.filter((call) => call.startsWith('undo past'))).toEqual([]);
  });

  it('puts nothing back while a neighbour of the aborted step is still at work', async () => {
    const undoable = { undoable: true };
    const items = [
      stage('one', [act('n-quick', { wait: true }, undoable), act('n-slow', { wait: true, linger: 1_500 }, undoable)]),
    ];
    const run = await range.start({ items });
    await run.until(phaseIs('awaiting-approval'));
    await run.go();
    await run.until(() => range.calls.includes('n-quick#1') && range.calls.includes('n-slow#1'));
    await run.update('abort', { by: 'op' });
    expect(await run.result()).toMatchObject({ phase: 'aborted' });
    const ended = range.calls.indexOf('n-slow let go');
    expect(ended).toBeGreaterThan(-1);
    expect(range.calls.indexOf('undo n-quick to {"was":"n-quick"}')).toBeGreaterThan(ended);
  });

  it('is told that nothing is decided any more once the run is ending', async () => {
    const items = [stage('one', [act('e-broken', { fail: 9 }), act('e-slow', { wait: true, linger: 1_500 })])];
    const run = await range.start({ items });
    await run.until(phaseIs('awaiting-approval'));
    expect(await run.update('skip', { by: 'op', step: 'e-slow', reason: 'early' })).toMatchObject({ taken: false });
    await run.go();
    await run.until((status) => needsSomebody(status) && range.calls.includes('e-slow#1'));
    expect(await run.update('abort', { by: 'op' })).toMatchObject({ taken: true });
    for (const [name, more] of Object.entries({ retry: {}, skip: { reason: 'why not' } })) {
      expect(await run.update(name, { by: 'late', step: 'e-broken', ...more })).toMatchObject({ taken: false });
    }
    expect(await run.update('pause', { by: 'late' })).toMatchObject({ taken: false });
    expect(await run.update('abort', { by: 'late' })).toMatchObject({ taken: false });
    expect(await run.result()).toMatchObject({ phase: 'aborted' });
  });

  it('decides first and is followed, and the one who comes second is told', async () => {
    const run = await range.start({ items: [stage('one', [act('two-minds', { fail: 1 })])] });
    await run.until(phaseIs('awaiting-approval'));
    await run.go();
    await run.until(needsSomebody);
    const [retried, skipped] = await Promise.all([
      run.update('retry', { by: 'first', step: 'two-minds' }),
      run.update('skip', { by: 'second', step: 'two-minds', reason: 'leave it' }),
    ]);
    expect([retried.taken, skipped.taken].filter(Boolean)).toHaveLength(1);
    await run.result();
    expect((await run.stateOf('two-minds'))?.state).toBe(retried.taken ? 'done' : 'skipped');
  });

  it('skips a manual step that nobody can do', async () => {
    const run = await range.start({ items: [stage('one', [act('nobody-can', {}, { kind: 'manual' })], [act('on')])] });
    await run.until(phaseIs('awaiting-approval'));
    await run.go();
    await run.until(needsSomebody);
    expect(await run.update('skip', { by: 'op', step: 'nobody-can', reason: 'no key' })).toMatchObject({ taken: true });
    expect(await run.result()).toMatchObject({ phase: 'done' });
    expect(await run.stateOf('nobody-can')).toMatchObject({ state: 'skipped', skippedBy: 'op' });
  });

  it('aborts by Cancel in the UI too', async () => {
    const items = [stage('one', [act('c-one', {}, { undoable: true })], [act('c-stuck', { wait: true })])];
    const run = await range.start({ items });
    await run.until(phaseIs('awaiting-approval'));
    await run.go();
    await run.until((status) => status.stages[0]?.ranks[1]?.[0]?.state === 'running');
    await run.handle.cancel();
    expect(await run.result()).toMatchObject({ phase: 'aborted' });
    expect(range.calls).toContain('undo c-one to {"was":"c-one"}');
  });

  it('confirms a manual step, and notes stand in the timeline', async () => {
    const run = await range.start({ items: [stage('one', [act('by-hand', {}, { kind: 'manual' })])] });
    await run.until(phaseIs('awaiting-approval'));
    await run.go();
    await run.until(needsSomebody);
    await run.update('note', { by: 'op', text: 'the cage is locked' });
    await run.update('confirm', { by: 'op', step: 'by-hand' });
    expect(await run.result()).toMatchObject({ phase: 'done' });
    expect((await run.status()).timeline).toContainEqual(
      expect.objectContaining({ kind: 'note', by: 'op', text: 'the cage is locked' }),
    );
  });
});

describe('a gate', () => {
  const gate = {
    type: 'gate' as const,
    title: 'The lost site is fenced',
    steps: ['fence'],
    outcome: 'fenced',
    risk: 'not-fenced',
  };
  const items = (outcome: string) => [
    stage('one', [act('fence', { output: { outcome } })]),
    gate,
    stage('two', [act('beyond')]),
  ];

  it('opens by itself when every host is fenced', async () => {
    const run = await range.start({ items: items('fenced') });
    await run.until(phaseIs('awaiting-approval'));
    await run.go();
    expect(await run.result()).toMatchObject({ phase: 'done' });
  });

  it('waits until somebody accepts the risk by name', async () => {
    const run = await range.start({ items: items('unreachable') });
    await run.until(phaseIs('awaiting-approval'));
    await run.go();
    await run.until(needsSomebody);
    expect(await run.update('acceptRisk', { by: 'op', risk: 'other' })).toMatchObject({ taken: false });
    expect(await run.update('acceptRisk', { by: 'Asker', risk: 'not-fenced' })).toMatchObject({
      taken: false,
      why: expect.stringMatching(/asked for this run/),
    });
    await run.update('acceptRisk', { by: 'op', risk: 'not-fenced' });
    expect(await run.result()).toMatchObject({ phase: 'done' });
    expect((await run.status()).risks).toMatchObject([{ id: 'not-fenced', acceptedBy: 'op' }]);
  });

  it('opens when the risk was accepted with the approval', async () => {
    const risks = [{ id: 'not-fenced', text: 'it cannot be reached', severity: 'high' as const }];
    const run = await range.start({ items: items('unreachable'), risks });
    await run.until(phaseIs('awaiting-approval'));
    expect(await run.go()).toMatchObject({ taken: false, why: expect.stringContaining('not-fenced') });
    await run.go({ accept: ['not-fenced'] });
    expect(await run.result()).toMatchObject({ phase: 'done' });
  });
});

describe('a stage that goes on beside', () => {
  const beside = (...steps: Step[]) => ({
    type: 'stage' as const,
    title: 'beside',
    ranks: [steps],
    alongside: true as const,
  });
  const gate = { type: 'gate' as const, title: 'Fenced', steps: ['b-fence'], outcome: 'fenced', risk: 'not-fenced' };

  it('holds nobody but the next gate', async () => {
    const fence = act('b-fence', { wait: true, output: { outcome: 'fenced' } });
    const run = await range.start({
      items: [beside(fence), stage('one', [act('b-one')]), gate, stage('two', [act('b-two')])],
    });
    await run.until(phaseIs('awaiting-approval'));
    await run.go();
    await run.until((status) => status.stages[1]?.state === 'done');
    expect((await run.status()).stages[2]?.state).toBe('pending');
    range.release('b-fence');
    expect(await run.result()).toMatchObject({ phase: 'done' });
    expect(range.calls.indexOf('b-two#1')).toBeGreaterThan(range.calls.indexOf('b-one#1'));
  });

  it('is waited for at the end, and ended by an abort', async () => {
    const run = await range.start({ items: [beside(act('b-stuck', { wait: true })), stage('one', [act('b-last')])] });
    await run.until(phaseIs('awaiting-approval'));
    await run.go();
    await run.until((status) => status.stages[1]?.state === 'done');
    await run.update('abort', { by: 'op' });
    expect(await run.result()).toMatchObject({ phase: 'aborted' });
    expect(await run.stateOf('b-stuck')).toMatchObject({ state: 'cancelled' });
  });
});

describe('the clock', () => {
  it('speaks at 50, 80 and 100 % of the RTO, and falls silent once the service is seen', async () => {
    const recovered = { recoveredAt: '2099-01-01T00:00:00.000Z', recoveredSource: 'observer' };
    const items = [stage('one', [act('slow', { wait: true, output: recovered })])];
    const run = await range.start({ items, rto: { expected: 500, maximum: 1_000 } });
    await run.until(phaseIs('awaiting-approval'));
    await run.go();
    await run.until((status) => status.clock.spoken.length === 3);
    range.release('slow');
    await run.result();
    expect((await run.status()).clock).toMatchObject({
      spoken: [50, 80, 100],
      recovered: { at: '2099-01-01T00:00:00.000Z', source: 'observer' },
    });
  });

  it('says nothing when the service is back before half of the RTO', async () => {
    const items = [stage('one', [act('quick', { output: { recoveredAt: '2099-01-01T00:00:00.000Z' } })])];
    const run = await range.start({ items, rto: { expected: 60_000, maximum: 120_000 } });
    await run.until(phaseIs('awaiting-approval'));
    await run.go();
    await run.result();
    expect((await run.status()).clock.spoken).toEqual([]);
  });

  it('takes the end of an outage before the declaration for no recovery', async () => {
    const items = [stage('one', [act('long-ago', { output: { recoveredAt: '2020-01-01T00:00:00.000Z' } })])];
    const run = await range.start({ items });
    await run.until(phaseIs('awaiting-approval'));
    await run.go();
    await run.result();
    expect((await run.status()).clock.recovered).toBeUndefined();
  });
});

describe('the watch', () => {
  it('counts a look that a Cancel cut short as no failure', async () => {
    const look = act('cut-look', { wait: true });
    const run = await range.start({
      items: [{ type: 'watch' as const, title: 'Watch', for: 60_000, every: 300, step: look }],
    });
    await run.until(phaseIs('awaiting-approval'));
    await run.go();
    await run.until(() => range.calls.includes('cut-look#1'));
    await run.handle.cancel();
    expect(await run.result()).toMatchObject({ phase: 'aborted' });
    const { timeline } = await run.status();
    expect(timeline.filter((entry) => entry.kind === 'step' || entry.kind === 'notice')).toEqual([]);
  });

  it('counts good and failed looks and never undoes anything', async () => {
    const seen = /^([2-9]|\d\d+) good, 1 failed$/;
    const run = await watched(act('look', { fail: 1 }));
    await run.until((now) => seen.test(stepOf(now, 'look')?.outcome ?? ''));
    await run.update('skip', { by: 'op', step: 'look', reason: 'seen enough' });
    expect(await run.result()).toMatchObject({ phase: 'done' });
    expect((await run.stateOf('look'))?.outcome).toMatch(seen);
  });

  it('ends by itself after its time', async () => {
    const run = await watched(act('look'), 1_000);
    expect(await run.result()).toMatchObject({ phase: 'done' });
    expect(await run.stateOf('look')).toMatchObject({
      state: 'done',
      outcome: expect.stringMatching(/^[1-9] good, 0 failed$/),
    });
  });
});

describe('what a look finds', () => {
  it('is told once for as long as it stays, under its own event', async () => {
    const output = { alarm: 'two sites take writes', event: 'both-sites-write' };
    const run = await watched(act('look', { output }));
    await run.until((now) => /^([3-9]|\d\d+) good/.test(stepOf(now, 'look')?.outcome ?? ''));
    await run.update('skip', { by: 'op', step: 'look', reason: 'seen enough' });
    await run.result();
    const { service, timeline } = await run.status();
    expect(timeline.filter(({ text }) => text === 'Watch: two sites take writes')).toHaveLength(1);
    expect(range.calls.filter((call) => call === `notice both-sites-write danger of ${service}`)).toHaveLength(1);
  });
});

/** A run whose step is looked at three times a second, and more. */
async function watched(step: ReturnType<typeof act>, lasts = 60_000) {
  const run = await range.start({ items: [{ type: 'watch', title: 'Watch', for: lasts, every: 300, step }] });
  await run.until(phaseIs('awaiting-approval'));
  await run.go();
  return run;
}

describe('the workflow id', () => {
  it('is the lock: a run from the form with a random id goes on under its own id, a second one is told which', async () => {
    const service = range.service({ items: [stage('one', [act('locked', { wait: true })])] });
    const input = { procedure: 'failover', service, by: 'asker' };
    const byForm = (workflowId: string) =>
      range.client.workflow.start('failover', { taskQueue: 'muster', workflowId, args: [input] });
    const first = await byForm(`random-1-${service}`);
    expect(await first.result()).toMatchObject({ workflowId: `${service}/recovery`, phase: 'started elsewhere' });
    const second = await byForm(`random-2-${service}`);
    const refused = await second.result().catch((error) => error);
    expect(refused).toBeInstanceOf(WorkflowFailedError);
    expect(refused.cause).toMatchObject({
      type: 'AlreadyRunning',
      message: expect.stringContaining(`held: ${service}/recovery`),
    });
    const real = runOf(range.client.workflow.getHandle(`${service}/recovery`));
    await real.until(phaseIs('awaiting-approval'));
    await real.go();
    range.release('locked');
    expect(await real.result()).toMatchObject({ phase: 'done' });
  });

  it('starts nothing when the form was pre-filled with the input of another procedure', async () => {
    const run = await range.start({ items: [] }, { procedure: 'full-recovery' });
    await expect(run.result()).rejects.toMatchObject({ cause: { type: 'BadInput' } });
  });

  it('refuses a run id that climbs a path', async () => {
    const run = await range.start({ items: [] }, { run: '../../x' });
    await expect(run.result()).rejects.toMatchObject({ cause: { type: 'BadInput' } });
  });

  it('refuses a service name that climbs a path', async () => {
    const run = await range.start({ items: [] }, { service: '../x' });
    await expect(run.result()).rejects.toMatchObject({ cause: { type: 'BadInput' } });
  });
});

describe('a run whose plan is changed while it is read', () => {
  it('reads all again, and goes on', async () => {
    const run = await range.start({ items: [stage('One', [act('read-again')])], planChanges: 2 });
    await run.until(({ phase }) => phase === 'awaiting-approval');
    const { service, timeline } = await run.status();
    expect(range.assessed.filter((call) => call.service === service)).toHaveLength(3);
    expect(timeline.filter(({ text }) => text.includes('read again'))).toHaveLength(2);
    await run.go();
    expect(await run.result()).toMatchObject({ phase: 'done' });
    await recordHistory('plan-read-again', run.handle);
  });

  it('says so where workers keep to different ones', async () => {
    const run = await range.start({ items: [stage('One', [act('never-read')])], planChanges: 9 });
    await expect(run.result()).rejects.toMatchObject({ cause: { type: 'PlanChanged' } });
    const { service } = await run.status();
    expect(range.assessed.filter((call) => call.service === service)).toHaveLength(3);
    expect(range.calls).not.toContain('never-read#1');
  });
});

describe('a run that cannot even be assessed', () => {
  it('tells people that it failed', async () => {
    const run = await range.start({ items: [], unknown: true });
    await expect(run.result()).rejects.toMatchObject({ cause: { type: 'NoRecoveryPoint' } });
    expect(range.calls).toContain(`notice failed danger of ${(await run.status()).service}`);
  });

  it('leaves a report that says why, so that it is counted; a recovery is tried again and waits for none', async () => {
    const refused = async (procedure: 'backup' | 'failover') => {
      const service = range.service({ items: [], unknown: true });
      const workflowId = workflowIdOf(service, procedure);
      const args = [{ procedure, service, by: 'asker' }];
      const run = await range.client.workflow.start(procedure, { taskQueue: 'muster', workflowId, args });
      await expect(run.result()).rejects.toMatchObject({ cause: { type: 'NoRecoveryPoint' } });
      return range.calls.filter((call) => call.startsWith('report') && call.endsWith(` of ${service}`));
    };
    expect(await refused('backup')).toEqual([expect.stringMatching(/^report failed refused NoRecoveryPoint of /)]);
    expect(await refused('failover')).toEqual([]);
  });
});

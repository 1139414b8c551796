/** What a run says to the audit log, in real workflows; the activity that writes it answers as each test says. */
import { ApplicationFailure } from '@temporalio/activity';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { AuditCall, AuditDraft } from '../../../domain/audit/audit.ts';
import type { RunStatus } from '../../../domain/run/run.ts';
import { act, hash, openRange, type Script, stage } from '../support/range.ts';

type Range = Awaited<ReturnType<typeof openRange>>;
let range: Range;
beforeAll(async () => {
  range = await openRange();
});
afterAll(() => range.close());

const waits = ({ phase }: RunStatus) => phase === 'awaiting-approval';
const audit = { reads: ['look'] };
const entriesOf = (calls: readonly AuditCall[]) => calls.flatMap(({ entries }) => entries);
const words = ({ n: _n, at: _at, text, kind, state, by }: AuditDraft) =>
  [kind, state, text, by && `(${by})`].filter(Boolean).join(' ');

async function started(script: Script, answer?: Parameters<Range['audited']>[1]) {
  const service = range.service({ audit, ...script });
  const calls = range.audited(service, answer);
  const run = await range.start({ ...script }, { service, reason: 'the region is gone' });
  await run.until(waits);
  return { run, calls, service };
}

it('who asked, what was sent and decided, and each operation are logged in order, and the last entry says how many', async () => {
  const { run, calls, service } = await started({
    items: [stage('one', [act('first')]), stage('two', [act('second', { fail: 1 })])],
  });
  await run.go({ playbook: 'f'.repeat(64) });
  await run.go({ reason: 'yes' });
  await run.until(({ needs }) => needs.length > 0);
  await run.update('note', { by: 'op', text: 'the vendor is on the phone' });
  await run.update('retry', { by: 'op', step: 'second', reason: 'try again' });
  expect(await run.result()).toMatchObject({ phase: 'done' });
  expect(range.calls).toContain(`kept c0ffee of ${service} by approver`);
  const entries = entriesOf(calls);
  expect(entries.map(({ n }) => n)).toEqual(entries.map((_, index) => index + 1));
  expect(entries.map(words)).toEqual([
    expect.stringMatching(/^asked failover of svc-\S+ asked for: the region is gone \(asker\)/),
    `fact playbook ${hash} compiled`,
    'approval go was sent (approver)',
    expect.stringMatching(/^decision approve refused: it is for another playbook.* \(approver\)$/),
    'approval go was sent (approver)',
    `decision go for ${hash}: yes (approver)`,
    'operation begins Act first',
    'operation done Act first on test',
    'operation begins Act second',
    'operation failed Act second: it broke. Try: mending it',
    'note the vendor is on the phone (op)',
    'decision retry second: try again (op)',
    'operation begins Act second',
    'operation done Act second on test',
    expect.stringMatching(/^end done: /),
  ]);
  expect(entries[4]?.approval).toMatchObject({ by: 'approver', decision: 'go', playbook: hash });
  expect(entries.at(-1)?.entries).toBe(entries.length);
  // Each write begins where the one before it ended.
  expect(calls.map(({ previous }) => previous)).toEqual([
    null,
    ...calls.slice(0, -1).map(({ entries: all }) => `after ${all.at(-1)?.n}`),
  ]);
});

it('what only reads is not logged, nor anything of a run whose playbook says nothing of a log', async () => {
  const reading = await started({ items: [stage('one', [act('quiet')])], audit: { reads: ['act'] } });
  await reading.run.go();
  await reading.run.result();
  expect(entriesOf(reading.calls).filter(({ kind }) => kind === 'operation')).toEqual([]);
  expect(entriesOf(reading.calls).at(-1)).toMatchObject({ kind: 'end' });
  const older = await started({ items: [stage('one', [act('older')])], audit: undefined });
  await older.run.go();
  expect(await older.run.result()).toMatchObject({ phase: 'done' });
  expect(older.calls).toEqual([]);
});

it('a location that misses entries is said in the log, left out for a while, and does not hold the run up', async () => {
  const { run, calls } = await started({ items: [stage('one', [act('beside')])] }, ({ entries, leaveOut }) => ({
    last: `after ${entries.at(-1)?.n}`,
    written: ['west'],
    missed: leaveOut.includes('east') ? [] : [{ location: 'east', why: 'no answer' }],
    caughtUp: [],
  }));
  await run.go();
  await run.result();
  const texts = entriesOf(calls).map(words);
  expect(texts.filter((text) => text.startsWith('unwritten'))).toEqual([
    'unwritten from entry 1 on this log is not at east: no answer',
  ]);
  expect(texts.at(-1)).toMatch(/not all of this log is at east/);
  expect(calls.filter(({ leaveOut }) => leaveOut.includes('east')).length).toBe(calls.length - 1);
});

it('a log that nobody takes holds no step up; people are told of it, and the run ends', async () => {
  const { run, calls, service } = await started({ items: [stage('one', [act('unlogged')])] }, () => {
    throw ApplicationFailure.nonRetryable('no storage location takes the audit log', 'Error');
  });
  await run.go();
  expect(await run.result()).toMatchObject({ phase: 'done' });
  expect(range.calls).toContain('unlogged#1');
  expect(range.calls).toContain(`notice audit-unwritten danger of ${service}`);
  expect((await run.status()).timeline.filter(({ text }) => text.includes('could not be written'))).toHaveLength(1);
  // The same entries were tried again, from the first on.
  expect(new Set(calls.map(({ entries }) => entries[0]?.n))).toEqual(new Set([1]));
}, 60_000);

it('an aborted run logs what was put back, and is sealed too', async () => {
  const items = [stage('one', [act('changed', {}, { undoable: true })], [act('held', { wait: true })])];
  const { run, calls } = await started({ items });
  await run.go();
  await run.until(({ stages }) => stages[0]?.ranks[1]?.[0]?.state === 'running');
  await run.update('abort', { by: 'op', reason: 'wrong site' });
  expect(await run.result()).toMatchObject({ phase: 'aborted' });
  const texts = entriesOf(calls).map(words);
  expect(texts).toContain('decision abort: wrong site (op)');
  expect(texts).toContain('operation cancelled Act held');
  expect(texts.slice(-3)).toEqual([
    'undo putting back: Act changed',
    'undo put back: Act changed',
    expect.stringMatching(/^end aborted: /),
  ]);
});

it('a run whose plan is changed goes on with the same chain', async () => {
  const { run, calls } = await started({
    items: [stage('one', [act('before')]), stage('two', [act('stuck', { fail: 9 })])],
  });
  await run.go();
  await run.until(({ needs }) => needs.length > 0);
  expect(await run.update('replan', { by: 'op', reason: 'the value was mended' })).toMatchObject({ taken: true });
  await run.until((status) => status.revision === 2 && waits(status));
  await run.update('abort', { by: 'op' });
  expect(await run.result()).toMatchObject({ phase: 'aborted' });
  const entries = entriesOf(calls);
  // What was being written when it went on may be written twice, as the same entry.
  const once = [...new Map(entries.map((entry) => [entry.n, entry])).values()];
  expect(entries.filter((entry) => JSON.stringify(entry) !== JSON.stringify(once[entry.n - 1]))).toEqual([]);
  expect(once.map(({ n }) => n)).toEqual(once.map((_, index) => index + 1));
  const texts = once.map(words);
  expect(texts).toContain('decision the plan is changed: the value was mended (op)');
  expect(texts).toContain('asked goes on with plan 2 (op)');
  expect(once.at(-1)).toMatchObject({ kind: 'end', entries: once.length });
});

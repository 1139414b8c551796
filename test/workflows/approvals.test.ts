/** Approvals by policy, in real workflows: signatures verified by an activity, quorum, time limits, emergencies. */
import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Approval, RunStatus } from '../../domain/run/run.ts';
import { portable } from '../../lab/histories/portable.ts';
import { signed } from '../../scripts/cli/sign.ts';
import { makeSigners, type Signers } from '../support/signers.ts';
import { act, hash, hashOf, openRange, type Script, stage } from './support/range.ts';

type Range = Awaited<ReturnType<typeof openRange>>;
type Run = Awaited<ReturnType<Range['start']>>;
let range: Range;
let signers: Signers;
const io = { stdout: process.stdout, stderr: process.stderr, env: {} };
const waits = ({ phase }: RunStatus) => phase === 'awaiting-approval';

beforeAll(async () => {
  [range, signers] = await Promise.all([openRange(), makeSigners(['dana', 'erin', 'frank'], ['mallory'])]);
});
afterAll(async () => {
  await range.close();
  await signers.close();
});

async function waiting(policy: Script['policy'] = {}, id = 'go'): Promise<Run> {
  const strict = { signed: 'required', signers: signers.lines, ...policy } as const;
  const run = await range.start({ items: [stage('one', [act(id)])], policy: strict });
  await run.until(waits);
  return run;
}

async function approvalOf(run: Run, by: string, more: Partial<Approval> = {}): Promise<Approval> {
  const { run: id, service, procedure } = await run.status();
  const [at, until] = [0, 900_000].map((ms) => new Date(Date.now() + ms).toISOString());
  return { by, decision: 'go', playbook: hash, accept: [], run: id, service, procedure, at, until, ...more };
}

const signedBy = async (run: Run, by: string, more: Partial<Approval> = {}, key = by) =>
  await signed(await approvalOf(run, by, more), signers.key(key), io);

describe('a signed approval', () => {
  it('lets the run go as an Update, and the run says whose key it was', async () => {
    const run = await waiting();
    expect(await run.update('approve', await signedBy(run, 'dana'))).toMatchObject({ taken: true });
    expect(await run.result()).toMatchObject({ phase: 'done' });
    const { approvals, timeline } = await run.status();
    expect(approvals).toMatchObject([{ by: 'dana', accepted: true, key: expect.stringMatching(/^SHA256:/) }]);
    expect(timeline.map(({ text }) => text)).toContainEqual(expect.stringMatching(/^go for .*, signed with SHA256:/));
  });

  it('lets the run go as a Signal too', async () => {
    const run = await waiting();
    await run.signal('approve', await signedBy(run, 'dana'));
    expect(await run.result()).toMatchObject({ phase: 'done' });
  });

  it('of a quorum is counted by person, and by key', async () => {
    const twice = `${signers.lines}erin2 ${/ssh-ed25519 \S+/.exec(signers.lines.split('\n')[1] ?? '')?.[0]}\n`;
    const run = await waiting({ quorum: 2, signers: twice });
    expect(await run.update('approve', await signedBy(run, 'erin'))).toMatchObject({ taken: true });
    expect(await run.update('approve', await signedBy(run, 'erin'))).toMatchObject({
      why: expect.stringContaining('already'),
    });
    expect(await run.update('approve', await signedBy(run, 'erin2', {}, 'erin'))).toMatchObject({
      why: 'the key that signed this has approved already, as erin',
    });
    expect((await run.status()).phase).toBe('awaiting-approval');
    expect(await run.update('approve', await signedBy(run, 'frank'))).toMatchObject({ taken: true });
    await run.result();
  });

  it('that many send at once is answered each, and the run goes once', async () => {
    const run = await waiting({}, 'at-once');
    const sent = await Promise.all(['dana', 'erin', 'frank'].map((by) => signedBy(run, by)));
    const answers = await Promise.all(sent.map((each) => run.update('approve', each)));
    expect(answers.filter(({ taken }) => taken).length).toBeGreaterThan(0);
    expect(await run.result()).toMatchObject({ phase: 'done' });
    expect(range.calls.filter((call) => call === 'at-once#1')).toHaveLength(1);
  });

  it('replayed in another run is refused, by name of the run', async () => {
    const first = await waiting();
    const approval = await signedBy(first, 'dana');
    await first.update('approve', await signedBy(first, 'dana', { decision: 'no-go' }));
    const second = await waiting({}, 'replayed');
    expect(await second.update('approve', approval)).toMatchObject({
      taken: false,
      why: expect.stringMatching(/^it was given for run \S+, and this is run \S+$/),
    });
    const { run, service } = await second.status();
    expect(await second.update('approve', { ...approval, run, service })).toMatchObject({
      taken: false,
      why: expect.stringContaining('does not fit'),
    });
    expect((await second.status()).phase).toBe('awaiting-approval');
    expect(range.calls).not.toContain('replayed#1');
    await second.update('abort', { by: 'test' });
  });

  it('of a key that nobody allowed is refused, and so is one that could not be verified', async () => {
    const run = await waiting();
    expect(await run.update('approve', await signedBy(run, 'dana', {}, 'mallory'))).toMatchObject({
      why: expect.stringMatching(/SHA256:\S+, which the plan/),
    });
    const unclear = await signedBy(run, 'dana', { reason: 'nobody can verify this' });
    expect(await run.update('approve', unclear)).toMatchObject({
      taken: false,
      why: expect.stringMatching(/could not be verified.*no ssh-keygen.*counts for nothing; send it again/),
    });
    expect((await run.status()).approvals.map(({ accepted }) => accepted)).toEqual([false, false]);
    await run.update('abort', { by: 'test' });
  });
});

describe('while the run goes on', () => {
  it('a risk at a gate is accepted by a signature too, where the approval had to be signed', async () => {
    const fenced = { type: 'gate' as const, title: 'Fenced', steps: ['fence'], outcome: 'fenced', risk: 'not-fenced' };
    const items = [
      stage('one', [act('fence', { output: { outcome: 'unreachable' } })]),
      fenced,
      stage('two', [act('after-gate')]),
    ];
    const strict = { signed: 'required', signers: signers.lines, from: ['dana', 'erin'] } as const;
    const run = await range.start({ items, policy: { ...strict, bindsRisks: true } });
    await run.until(waits);
    await run.update('approve', await signedBy(run, 'dana'));
    await run.until(({ needs }) => needs.length > 0);
    const { decision: _decision, accept: _accept, ...bound } = await approvalOf(run, 'erin');
    const acceptance = { ...bound, risk: 'not-fenced', reason: 'its power is off' };
    const accept = async (payload: object) => await run.update('acceptRisk', payload);
    expect(await accept(await signed({ ...acceptance, playbook: undefined }, signers.key('erin'), io))).toMatchObject({
      why: expect.stringContaining('says playbook too'),
    });
    expect(await accept(await signed({ ...acceptance, playbook: hashOf(2) }, signers.key('erin'), io))).toMatchObject({
      why: expect.stringContaining('for another playbook'),
    });
    expect(await accept(acceptance)).toMatchObject({ why: expect.stringContaining('wants this approval signed') });
    expect(await accept(await signed(acceptance, signers.key('frank'), io))).toMatchObject({
      why: 'it is signed by frank, and says that erin decided',
    });
    expect(await accept({ ...acceptance, by: 'frank' })).toMatchObject({
      why: expect.stringContaining('none of those'),
    });
    expect(range.calls).not.toContain('after-gate#1');
    expect(await accept(await signed(acceptance, signers.key('erin'), io))).toMatchObject({ taken: true });
    expect(await run.result()).toMatchObject({ phase: 'done' });
    const { timeline } = await run.status();
    expect(timeline.map(({ text }) => text)).toContainEqual(
      expect.stringMatching(/^risk not-fenced accepted: its power is off, signed with SHA256:/),
    );
  });

  it('the approval of the playbook before holds no more once the plan was changed', async () => {
    const run = await waiting({}, 'replanned');
    const approval = await signedBy(run, 'dana');
    expect(await run.update('replan', { by: 'op', reason: 'a value was mended' })).toMatchObject({ taken: true });
    const { playbook, run: id } = await run.until((status) => status.revision === 2 && waits(status));
    expect(approval.run).toBe(id);
    expect(await run.update('approve', approval)).toMatchObject({
      taken: false,
      why: expect.stringMatching(/^it is for another playbook \(c0ffee000000\)/),
    });
    expect(range.calls).not.toContain('replanned#1');
    expect(await run.update('approve', await signedBy(run, 'dana', { playbook }))).toMatchObject({ taken: true });
    expect(await run.result()).toMatchObject({ phase: 'done' });
  });
});

describe('a time limit that passes', () => {
  it('reminds and goes on asking where the plan says so', async () => {
    const run = await waiting({ timeLimit: 400, whenTimePasses: 'remind-and-keep-asking' });
    await run.until(({ timeline }) => timeline.filter(({ text }) => text.includes('still asking')).length >= 2);
    const { service } = await run.status();
    expect(range.calls).toContain(`notice approval-reminder warning of ${service}`);
    expect(await run.update('approve', await signedBy(run, 'dana'))).toMatchObject({ taken: true });
    expect(await run.result()).toMatchObject({ phase: 'done' });
  });

  it('asks others too, who could not decide before', async () => {
    const run = await waiting({ timeLimit: 1_500, whenTimePasses: 'escalate', from: ['dana'], escalateTo: ['erin'] });
    expect(await run.update('approve', await signedBy(run, 'erin'))).toMatchObject({ taken: false });
    await run.until(({ timeline }) => timeline.some(({ text }) => text.includes('erin may approve now too')));
    const { service } = await run.status();
    expect(await run.update('approve', await signedBy(run, 'erin'))).toMatchObject({ taken: true });
    expect(await run.result()).toMatchObject({ phase: 'done' });
    expect(range.calls).toContain(`notice approval-escalated danger of ${service}`);
  });
});

describe('in an emergency', () => {
  it('one person goes alone, and everybody is told at once', async () => {
    const run = await waiting({ quorum: 3, from: ['dana', 'erin', 'frank'], emergency: { from: ['erin'] } });
    const alone = { emergency: true, reason: 'nobody else answers the phone' } as const;
    expect(await run.update('approve', await signedBy(run, 'dana', alone))).toMatchObject({ taken: false });
    expect(await run.update('approve', await signedBy(run, 'erin', { emergency: true }))).toMatchObject({
      taken: false,
    });
    expect(await run.update('approve', await signedBy(run, 'erin', alone))).toMatchObject({ taken: true });
    expect(await run.result()).toMatchObject({ phase: 'done' });
    const { service, approvals, timeline } = await run.status();
    expect(range.calls).toContain(`notice emergency-approval danger of ${service}`);
    expect(approvals.at(-1)).toMatchObject({ by: 'erin', emergency: true });
    expect(timeline.map(({ text }) => text)).toContainEqual(expect.stringMatching(/^EMERGENCY go for .*nobody else/));
  });
});

it('two people sign, one after the limit has passed; a risk at a gate is signed; a location of the log is away for a while', async () => {
  const fenced = { type: 'gate' as const, title: 'Fenced', steps: ['fence-it'], outcome: 'fenced', risk: 'not-fenced' };
  const items = [
    stage('one', [act('fence-it', { output: { outcome: 'unreachable' } })]),
    fenced,
    stage('two', [act('last', { wait: true })]),
  ];
  const strict = {
    signed: 'required',
    signers: signers.lines,
    quorum: 2,
    from: ['dana'],
    escalateTo: ['erin'],
  } as const;
  const policy = { ...strict, timeLimit: 2_000, whenTimePasses: 'escalate' } as const;
  const service = range.service({ items, policy, audit: { reads: [] } });
  let writes = 0;
  range.audited(service, ({ entries }) => {
    writes += 1;
    const last = `after ${entries.at(-1)?.n}`;
    const missed = writes === 2 ? [{ location: 'east', why: 'no answer' }] : [];
    return { last, written: ['west'], missed, caughtUp: [] };
  });
  const run = await range.start({ items }, { service, run: 'failover-signed', reason: 'to be recorded' });
  await run.until(waits);
  await run.update('approve', await signedBy(run, 'dana', { playbook: 'f'.repeat(64) }));
  await run.update('approve', await signedBy(run, 'dana', {}, 'mallory'));
  expect(await run.update('approve', await signedBy(run, 'dana'))).toMatchObject({ taken: true });
  await run.until(({ timeline }) => timeline.some(({ text }) => text.includes('erin may approve now too')));
  await run.signal('approve', await signedBy(run, 'erin'));
  await run.until(({ needs, phase }) => phase === 'executing' && needs.length > 0);
  const { playbook: _playbook, decision: _decision, accept: _accept, ...bound } = await approvalOf(run, 'dana');
  const acceptance = await signed({ ...bound, risk: 'not-fenced' }, signers.key('dana'), io);
  expect(await run.update('acceptRisk', acceptance)).toMatchObject({ taken: true });
  await run.until(({ stages }) => stages[2]?.state === 'running');
  await run.update('note', { by: 'op', text: 'going well' });
  range.release('last');
  expect(await run.result()).toMatchObject({ phase: 'done' });
  const { approvals } = await run.status();
  expect(approvals.map(({ by, accepted }) => `${by} ${accepted}`)).toEqual([
    'dana false',
    'dana false',
    'dana true',
    'erin true',
  ]);
  await record('failover-signed', run);
});

/** `RECORD_HISTORIES=1` keeps what was just run for the replay tests. */
async function record(name: string, { handle }: Run): Promise<void> {
  if (!process.env.RECORD_HISTORIES) return;
  await writeFile(new URL(`../histories/${name}.json`, import.meta.url), portable(await handle.fetchHistory()));
}

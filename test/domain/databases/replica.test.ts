import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytesBetween } from '../../../domain/databases/lsn.ts';
import {
  behind,
  type DemotionToken,
  judgeCaughtUp,
  judgePromotion,
  planJoining,
  type ServerState,
  tokenOf,
} from '../../../domain/databases/replica.ts';

type Server = NonNullable<ServerState['server']>;
type Control = NonNullable<ServerState['control']>;

const lsn = (position: bigint) =>
  `${(position >> 32n).toString(16).toUpperCase()}/${(position & 0xffff_ffffn).toString(16).toUpperCase()}`;
const control: Control = {
  systemIdentifier: '7300000000000000001',
  state: 'in archive recovery',
  timeline: 1,
  checkpointLsn: '0/3000000',
  rewindable: true,
};
const standby: Server = {
  now: '2026-01-02T12:00:10.000+00:00',
  version: 15,
  inRecovery: true,
  timeline: 1,
  writtenLsn: null,
  receivedLsn: '0/5000000',
  replayedLsn: '0/5000000',
  replayedAt: '2026-01-02T12:00:00.000+00:00',
  receiver: { status: 'streaming', host: '10.0.0.1', latestEnd: '0/5000000', heardAt: null },
  slots: [],
  standbys: [],
  bytes: 1_000,
  synchronous: '',
};
const primary: Server = { ...standby, inRecovery: false, writtenLsn: '0/5000000', replayedLsn: null, receiver: null };
const state = (server?: Partial<Server>, its: Partial<Control> = {}, undone = false): ServerState => ({
  control: { ...control, ...its },
  ...(server ? { server: { ...standby, ...server } } : {}),
  undone,
  why: server ? '' : 'no such socket',
});
const token: DemotionToken = { systemIdentifier: control.systemIdentifier, timeline: 1, shutdownLsn: '0/5000000' };
const beyond = (bytes: bigint) => lsn(0x5000000n + bytes);

describe('a promotion with a token', () => {
  test.each<[string, 'ok' | 'wait' | 'refuse', ServerState]>([
    ['all is replayed', 'ok', state({ replayedLsn: beyond(120n) })],
    ['the record of the shutdown is missing', 'wait', state({ replayedLsn: '0/5000000' })],
    ['something is missing', 'wait', state({ replayedLsn: '0/4FFFFF8' })],
    ['nothing was ever replayed', 'wait', state({ replayedLsn: null })],
    ['it does not answer', 'wait', state()],
    ['it is still on an older timeline', 'wait', state({ replayedLsn: '0/4000000', timeline: 0 })],
    ['it is another cluster', 'refuse', state({ replayedLsn: beyond(120n) }, { systemIdentifier: '2' })],
    ['it follows a newer timeline', 'refuse', state({ replayedLsn: beyond(120n), timeline: 2 })],
    ['it takes writes', 'refuse', state({ inRecovery: false })],
    ['somebody wrote on after the demotion', 'refuse', state({ replayedLsn: beyond(4_096n) })],
    ['it has no data', 'refuse', { undone: false, why: '' }],
  ])('%s: %s', (_, answer, seen) => {
    expect(judgePromotion(token, seen).answer).toBe(answer);
  });

  test('goes from wait to ok to refuse as the log grows, and never back', () => {
    const order = ['wait', 'ok', 'refuse'];
    const position = fc.bigInt({ min: 0n, max: (1n << 63n) - 1n });
    fc.assert(
      fc.property(position, position, position, (end, one, other) => {
        const its = { ...token, shutdownLsn: lsn(end) };
        const [early, late] = one < other ? [one, other] : [other, one];
        const answers = [early, late].map((at) => judgePromotion(its, state({ replayedLsn: lsn(at) })).answer);
        expect(order.indexOf(answers[0] as string)).toBeLessThanOrEqual(order.indexOf(answers[1] as string));
      }),
    );
  });

  test('is never right for a standby that lacks a byte of what was acknowledged', () => {
    const position = fc.bigInt({ min: 1n, max: (1n << 62n) - 1n });
    fc.assert(
      fc.property(position, fc.bigInt({ min: 0n, max: 1n << 40n }), (end, missing) => {
        const at = end > missing ? end - missing : 0n;
        const seen = state({ replayedLsn: lsn(at) });
        expect(judgePromotion({ ...token, shutdownLsn: lsn(end) }, seen).answer).toBe('wait');
      }),
    );
  });
});

test('without a token a standby is promoted as it is, and nothing else is', () => {
  expect(judgePromotion(undefined, state({ replayedLsn: '0/1000000', receiver: null })).answer).toBe('ok');
  expect(judgePromotion(undefined, state({ inRecovery: false })).answer).toBe('refuse');
  expect(judgePromotion(undefined, state()).answer).toBe('wait');
});

test('only a primary that was stopped cleanly gives a token', () => {
  expect(tokenOf(state(undefined, { state: 'shut down', checkpointLsn: '0/5000000' }))).toEqual(token);
  for (const other of ['shut down in recovery', 'in production', 'in archive recovery']) {
    expect(tokenOf(state(undefined, { state: other })), other).toBeUndefined();
  }
  expect(tokenOf(state(primary, { state: 'shut down' }))).toBeUndefined();
});

describe('how far a standby is behind', () => {
  test('is what the primary says, else what was heard of it last, else not known', () => {
    expect(behind(state({ ...primary, writtenLsn: beyond(1_000n) }), state({}))).toEqual({ bytes: 1_000, seconds: 10 });
    expect(behind(state({ ...primary }), state({}))).toEqual({ bytes: 0, seconds: 0 });
    const heard = { status: 'streaming', host: null, latestEnd: beyond(50n), heardAt: null };
    expect(behind(undefined, state({ receiver: heard }))).toEqual({ bytes: 50, seconds: 10 });
    expect(behind(undefined, state({ receiver: null }))).toEqual({});
  });

  test('is too far beyond the bytes or the time that the plan allows, and while it does not stream', () => {
    const most = { time: 5_000, bytes: 100_000 };
    const judge = (written: bigint, its: Partial<Server> = {}) =>
      judgeCaughtUp(state({ ...primary, writtenLsn: beyond(written) }), state(its), most).answer;
    expect(judge(0n)).toBe('ok');
    expect(judge(200_000n)).toBe('wait');
    expect(judge(50_000n)).toBe('wait');
    expect(judge(50_000n, { replayedAt: '2026-01-02T12:00:09.000+00:00' })).toBe('ok');
    expect(judge(0n, { receiver: null })).toBe('wait');
    expect(judge(0n, { inRecovery: false })).toBe('refuse');
    expect(judgeCaughtUp(state(), state({}), most).answer).toBe('wait');
    expect(judgeCaughtUp(state({}), state({}), most).answer).toBe('refuse');
  });
});

describe('an old primary joins', () => {
  const newer = state({ ...primary, timeline: 2 }, { timeline: 2 });
  const at = (fork?: string) => ({ address: '10.0.0.1', ...(fork ? { fork } : {}) });
  const stopped = (its: Partial<Control> = {}) =>
    state(undefined, { state: 'shut down', checkpointLsn: '0/5000000', ...its });
  test.each<[string, string, boolean, ServerState, ServerState, string | undefined]>([
    ['it streams already', 'nothing', false, state({}), newer, undefined],
    ['all it wrote arrived', 'follow', false, stopped(), newer, beyond(120n)],
    ['it wrote on', 'rewind', true, stopped(), newer, '0/4000000'],
    ['it crashed', 'rewind', true, stopped({ state: 'in production' }), newer, beyond(120n)],
    ['where they parted is not known', 'rewind', true, stopped(), newer, undefined],
    ['it cannot be rewound', 'rebuild', true, stopped({ rewindable: false }), newer, '0/4000000'],
    ['it is another cluster', 'rebuild', true, stopped({ systemIdentifier: '2' }), newer, undefined],
    ['it has no data', 'rebuild', false, { undone: false, why: '' }, newer, undefined],
    ['it was a standby', 'follow', false, stopped({ state: 'shut down in recovery' }), newer, undefined],
    ['it runs on the older timeline', 'stop', false, state(primary), newer, undefined],
    [
      'its promotion was taken back',
      'rebuild',
      true,
      state(undefined, { state: 'shut down', timeline: 3 }, true),
      newer,
      undefined,
    ],
    ['it is as new as the other', 'refuse', false, state({ ...primary, timeline: 2 }), newer, undefined],
    ['it was stopped and is newer', 'refuse', false, stopped({ timeline: 3 }), newer, undefined],
    ['the other is a standby', 'refuse', false, stopped(), state({}), undefined],
    ['the other does not answer', 'refuse', false, stopped(), state(), undefined],
  ])('%s: %s', (_, way, divergent, own, other, fork) => {
    expect(planJoining(own, other, at(fork))).toMatchObject({ way, divergent });
  });

  test('never loses what may be its own: it is left as it is only when the fork lies behind all it wrote', () => {
    const position = fc.bigInt({ min: 0n, max: (1n << 62n) - 1n });
    fc.assert(
      fc.property(position, position, (end, fork) => {
        const joining = planJoining(stopped({ checkpointLsn: lsn(end) }), newer, at(lsn(fork)));
        expect(joining.divergent).toBe(fork <= end);
      }),
    );
  });
});

test('places in the log are compared as numbers', () => {
  expect(bytesBetween('0/FFFFFFFF', '1/0')).toBe(1);
  expect(bytesBetween('A/0', '9/FFFFFFF0')).toBe(-16);
});

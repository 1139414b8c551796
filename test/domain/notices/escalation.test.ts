/** Who is told next, and when: rules that no order of events may break. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  acknowledged,
  heard,
  joined,
  type Matter,
  nextAt,
  ripe,
  type Saying,
  saidLately,
} from '../../../domain/notices/escalation.ts';
import { type Level, levels } from '../../../domain/notices/events.ts';
import { escalationSchema, type NoticePolicy, noticePolicyOf } from '../../../domain/plan/escalation.ts';
import { noticesSchema } from '../../../domain/plan/notices.ts';

const hour = 3_600_000;
const receivers = noticesSchema.parse(
  ['team', 'director', 'manager'].map((name) => ({ name, kind: 'slack', url: { env: 'URL' } })),
);
const policyOf = (block: object): NoticePolicy =>
  noticePolicyOf({ notices: receivers, escalation: escalationSchema.parse(block) }) as NoticePolicy;
const policy = policyOf({
  response: { P0: '5m' },
  quiet: '30m',
  steps: [{ to: ['manager'] }, { severities: ['P0'], after: '15m', to: ['director'] }],
});

const saying = (id: string, level: Level, event = id): Saying => ({
  id,
  run: 'run-1',
  event,
  level,
  severity: 'danger',
  text: `${id} at ${level}`,
  fields: {},
  procedure: 'failover',
});
const say = (open: readonly Matter[], what: Saying, at: number) => heard(open, what, policy, at);

test('the runbook has the response times: at once, 1 h, 4 h, 24 h', () => {
  const { response } = policyOf({});
  expect(response).toEqual({ P0: 0, P1: hour, P2: 4 * hour, P3: 24 * hour });
});

test('a plan with neither the block nor a receiver that keeps incidents follows nothing up', () => {
  expect(noticePolicyOf({ notices: receivers })).toBeUndefined();
  const pager = noticesSchema.parse([{ name: 'p', kind: 'pagerduty', routingKey: { env: 'K' } }]);
  expect(noticePolicyOf({ notices: pager })).toMatchObject({ steps: [] });
});

test('the next are told when the response time of the severity is over, or after the time of their own', () => {
  const { open } = say([], saying('gate', 'P0'), 0);
  expect(nextAt(open)).toBe(300_000);
  expect(ripe(open, 299_999).tell).toEqual([]);
  const first = ripe(open, 300_000);
  expect(first.tell).toMatchObject([{ to: ['manager'] }]);
  expect(ripe(first.open, 900_000).tell).toMatchObject([{ to: ['director'] }]);
  expect(nextAt(ripe(first.open, 900_000).open)).toBeUndefined();
  expect(nextAt(say([], saying('gate', 'P2'), 0).open)).toBe(4 * hour);
});

test('the same is not said again within the quiet time, unless it got worse', () => {
  let { open } = say([], saying('rto', 'P1', 'rto-80'), 0);
  const again = say(open, saying('rto', 'P1', 'rto-80'), 1_000_000);
  expect(again.say).toBe(false);
  expect(say(again.open, saying('rto', 'P1', 'rto-80'), 1_800_000).say).toBe(true);
  const worse = say(open, saying('rto', 'P0', 'rto-100'), 1_000);
  expect(worse.say).toBe(true);
  expect(worse.open).toMatchObject([{ level: 'P0', since: 1_000 }]);
  open = worse.open;
  expect(say(open, saying('rto', 'P0', 'rto-100'), 2_000).say).toBe(false);
});

test('whoever looks after it is the last who is told; when it gets worse it is looked after anew', () => {
  const { open } = say([], saying('rto', 'P1'), 0);
  const taken = acknowledged(open, 'dana', 'rto');
  expect(taken.taken).toMatchObject([{ id: 'rto' }]);
  expect(nextAt(taken.open)).toBeUndefined();
  expect(acknowledged(taken.open, 'robin', 'rto').taken).toEqual([]);
  expect(nextAt(say(taken.open, saying('rto', 'P1'), 2 * hour).open)).toBeUndefined();
  const worse = say(taken.open, saying('rto', 'P0'), 1_000).open;
  expect(worse).toMatchObject([{ level: 'P0', due: [{ at: 301_000 }, { at: 901_000 }] }]);
  expect(worse[0]?.by).toBeUndefined();
});

const level = fc.constantFrom(...levels);
const others = fc.array(
  fc.oneof(
    fc.record({ what: fc.constant('say' as const), id: fc.constantFrom('lost', 'other', 'third'), level }),
    fc.record({ what: fc.constant('ack' as const), id: fc.constantFrom('other', 'third') }),
    fc.record({ what: fc.constant('join' as const), id: fc.constantFrom('lost', 'other'), level }),
  ),
);

test('whatever is said, acknowledged or brought in besides, nobody whom a P0 is due to is told later, or not at all', () => {
  fc.assert(
    fc.property(others, fc.nat({ max: 290_000 }), (events, step) => {
      let open = say([], saying('lost', 'P0'), 0).open;
      for (const [index, event] of events.entries()) {
        const now = Math.min(299_000, (index + 1) * Math.ceil(step / (events.length + 1)));
        if (event.what === 'say') open = say(open, saying(event.id, event.level), now).open;
        if (event.what === 'ack') open = acknowledged(open, 'dana', event.id).open;
        if (event.what === 'join') open = joined(open, say([], saying(event.id, event.level), now).open);
        const lost = open.find(({ id }) => id === 'lost') as Matter;
        expect(lost.level).toBe('P0');
        const first = (name: string) => Math.min(...lost.due.flatMap(({ at, to }) => (to.includes(name) ? [at] : [])));
        expect(first('manager')).toBe(300_000);
        expect(first('director')).toBe(900_000);
      }
    }),
  );
});

test('everybody who is due is told once', () => {
  fc.assert(
    fc.property(fc.array(fc.record({ id: fc.constantFrom('a', 'b'), at: fc.nat({ max: 50 * hour }) })), (sayings) => {
      let open: Matter[] = [];
      const told: string[] = [];
      for (const { id, at } of sayings.toSorted((one, other) => one.at - other.at))
        open = say(open, saying(id, 'P1'), at).open;
      for (let at = nextAt(open); at !== undefined; at = nextAt(open)) {
        const now = ripe(open, at);
        told.push(...now.tell.flatMap(({ matter, to }) => to.map((name) => `${matter.id} ${name}`)));
        open = now.open;
      }
      expect(told.toSorted()).toEqual([...new Set(sayings.map(({ id }) => `${id} manager`))].toSorted());
    }),
  );
});

test('an acknowledgement without a name is of everything that is open, with one of that alone', () => {
  const open = say(say([], saying('a', 'P0'), 0).open, saying('b', 'P1'), 0).open;
  expect(acknowledged(open, 'dana').taken).toHaveLength(2);
  expect(acknowledged(open, 'dana', 'a').open.map(({ by }) => by)).toEqual(['dana', undefined]);
  expect(acknowledged(open, 'dana', 'c').taken).toEqual([]);
});

test('a run after run that ends the same is said once in the quiet time, and again when it got worse', () => {
  const quiet = hour;
  const failed = saying('ended', 'P1', 'failed');
  let desk: Matter[] = [];
  const said: number[] = [];
  // A backup every quarter of an hour.
  for (let now = 0; now <= 2 * hour; now += hour / 4) {
    if (!saidLately(desk, failed, quiet, now)) said.push(now);
    desk = joined(desk, heard([], failed, policy, now).open, quiet);
  }
  expect(said).toEqual([0, hour, 2 * hour]);
  expect(saidLately(desk, { ...failed, level: 'P0' }, quiet, 2 * hour + 1)).toBe(false);
  expect(saidLately(desk, { ...failed, event: 'aborted' }, quiet, 2 * hour + 1)).toBe(false);
  expect(saidLately(desk, { ...failed, procedure: 'backup' }, quiet, 2 * hour + 1)).toBe(false);
  // What was due from the first time on is still due then.
  expect(nextAt(desk)).toBe(hour);
});

test('what comes up again after somebody looked after it is said, and followed up anew', () => {
  const failed = saying('ended', 'P1', 'failed');
  const taken = acknowledged(heard([], failed, policy, 0).open, 'dana').open;
  expect(saidLately(taken, failed, hour, 1_000)).toBe(false);
  const again = joined(taken, heard([], failed, policy, 1_000).open, hour);
  expect(again).toMatchObject([{ id: 'ended', since: 1_000 }]);
  expect(nextAt(again)).toBe(hour + 1_000);
});

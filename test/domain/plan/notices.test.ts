/** Which receiver hears what at once, and which blocks of a plan are refused. */
import { expect, test } from 'vitest';
import { type Hearable, type NoticeReceiver, noticesSchema, receiversOf } from '../../../domain/plan/notices.ts';
import { noticeProblems } from '../../../domain/plan/references/notice.ts';

const slack = (name: string, more: object = {}) => ({ name, kind: 'slack', url: { env: 'URL' }, ...more });
const pager = { name: 'on-call', kind: 'pagerduty', routingKey: { env: 'KEY' } };
const receivers = (...given: object[]): NoticeReceiver[] => noticesSchema.parse(given);
const hearing = (given: NoticeReceiver[], notice: Partial<Hearable>) =>
  receiversOf(given, { event: 'gate', severity: 'danger', procedure: 'failover', ...notice }).map(({ name }) => name);

test('a list of today parses to exactly itself, so that its plan keeps its hash', () => {
  const today = [slack('team'), { name: 'hook', kind: 'webhook', url: { file: 'hook.url' } }];
  expect(noticesSchema.parse(today)).toEqual(today);
  expect(noticesSchema.parse(undefined)).toEqual([]);
});

test('a receiver without severities hears everything; another what it names, by severity or by event', () => {
  const all = receivers(
    slack('team'),
    slack('urgent', { severities: ['P0', 'P1'] }),
    slack('audit', { events: ['audit-unwritten'] }),
    slack('both', { severities: ['P3'], events: ['gate'] }),
    slack('later', { severities: [] }),
  );
  expect(hearing(all, {})).toEqual(['team', 'urgent', 'both']);
  expect(hearing(all, { event: 'done', severity: 'info' })).toEqual(['team', 'both']);
  expect(hearing(all, { event: 'audit-unwritten' })).toEqual(['team', 'audit']);
  expect(hearing(all, { event: 'audit-unwritten', level: 'P0' })).toEqual(['team', 'urgent', 'audit']);
});

test('who is named hears it whatever it hears at once, and who is left out does not', () => {
  const all = receivers(slack('team'), slack('later', { severities: [] }));
  expect(hearing(all, { only: ['later'] })).toEqual(['later']);
  expect(hearing(all, { except: ['team'] })).toEqual([]);
});

test('PagerDuty hears what asks for somebody; ends and acknowledgements go to those who keep incidents', () => {
  const signed = { name: 'tickets', kind: 'webhook', url: { env: 'URL' }, secret: { env: 'SECRET' } };
  const all = receivers(slack('team'), pager, signed, { name: 'plain', kind: 'webhook', url: { env: 'URL' } });
  expect(hearing(all, { event: 'done' })).toEqual(['team', 'tickets', 'plain']);
  expect(hearing(all, { matter: 'gate:x' })).toEqual(['team', 'on-call', 'tickets', 'plain']);
  expect(hearing(all, { matter: 'gate:x', change: 'resolved' })).toEqual(['on-call', 'tickets']);
});

const mail = { name: 'mail', kind: 'email', from: 'a@b.example', to: ['c@d.example'] };
test.each([
  ['an unknown kind', { ...slack('x'), kind: 'pigeon' }, /slack/],
  ['a severity that does not exist', slack('x', { severities: ['P4'] }), /P0/],
  ['an event that does not exist', slack('x', { events: ['gates'] }), /gate/],
  ['a user without a password', { ...mail, smtp: { host: 'h', user: 'u' } }, /belong together/],
  [
    'a password in the clear',
    { ...mail, smtp: { host: 'h', tls: 'none', user: 'u', password: { env: 'P' } } },
    /in the clear/,
  ],
  ['a secret that is no reference', { ...pager, routingKey: 'R0UT' }, /routingKey/],
])('%s is refused', (_what, receiver, why) => {
  expect(JSON.stringify(noticesSchema.safeParse([receiver]).error?.issues)).toMatch(why);
});

test('an escalation to a receiver that the plan does not have is refused, and so is a name that stands twice', () => {
  const escalation = { steps: [{ to: ['team', 'directr'] }] };
  expect(noticeProblems([slack('team'), slack('director')], escalation)).toEqual([
    {
      path: ['escalation', 'steps', 0, 'to', 1],
      fact: 'there is no receiver directr',
      hint: 'one of team, director.',
    },
  ]);
  expect(noticeProblems([slack('team'), slack('team')], {})).toMatchObject([{ path: ['notices', 1, 'name'] }]);
  // As plans of today, which say nothing of it.
  expect(noticeProblems([slack('team'), slack('team')], undefined)).toEqual([]);
  expect(noticeProblems([], 'nonsense')).toEqual([]);
});

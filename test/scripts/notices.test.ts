/** `muster ack` and `muster notices`, against a real server and Muster's real workflows. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { act, openRange, type Range, stage } from './fixtures/range.ts';

const receivers = `notices:
  - { name: team, kind: slack, url: { env: TEAM_URL } }
  - { name: broken, kind: pagerduty, routingKey: { env: KEY } }
`;
const policy = { response: { P0: 3_600_000, P1: 3_600_000, P2: 3_600_000, P3: 3_600_000 }, steps: [], severities: {} };
const ownReceivers = (plan: string) => plan.replace(/^notices:\n(.+\n)+/m, receivers);
let range: Range;
let service: string;

beforeAll(async () => {
  range = await openRange();
  await range.startWorkers();
  service = await range.service({ items: [stage('One', [act('a', { fail: 1 })])], notices: policy }, ownReceivers);
});
afterAll(() => range.close());

test('what people were told of is shown, and looked after by name or all at once', async () => {
  expect(await range.muster(`ack ${service}`)).toMatchObject({ code: 2, err: expect.stringContaining('is open') });
  await range.muster(`failover ${service}`);
  const shown = await range.until(`status ${service}`, 5, ({ out }) => out.includes('P0 approval since'));
  expect(shown.out).toContain(`Try: muster ack ${service}`);
  expect(await range.muster(`ack ${service} gate:x`)).toMatchObject({
    code: 2,
    out: expect.stringMatching(/REFUSED .* gate:x is not open here/),
  });
  expect(await range.muster(`ack ${service} approval --by robin`)).toMatchObject({
    code: 0,
    out: expect.stringContaining('looks after approval'),
  });
  expect((await range.muster(`status ${service}`)).out).toContain('robin looks after it');
  expect((await range.muster(`ack ${service} --json`)).code).toBe(2);
  await range.muster(`abort ${service}`);
  // Of a run that is ending it could still be looked after there; ended, it has left it to the workflow that outlives it.
  await range.client.workflow.getHandle(`${service}/recovery`).result();
  await range.until(`ack ${service} ended`, 0, ({ out }) => out.includes(`${service}/notices`));
});

test('a test message goes to each receiver, and one that does not take it is named', async () => {
  const all = await range.muster(`notices test ${service}`);
  expect(all).toMatchObject({ code: 4, err: '' });
  expect(all.out).toMatch(/team +took it\n +broken +NOT TOLD: it answered 500/);
  const one = await range.muster(`notices test ${service} --receiver team --json`);
  expect(one).toMatchObject({ code: 0 });
  expect(one.json()).toMatchObject({ passed: true, receivers: [{ name: 'team', sent: true }], by: 'dana' });
});

test('it waits for somebody to acknowledge the test', async () => {
  const testing = range.muster(`notices test ${service} --receiver team --wait 1m`);
  await range.until(`ack ${service} notice-test --by robin`, 0);
  const { code, out } = await testing;
  expect(out).toContain('Acknowledged by robin');
  expect(code).toBe(0);
});

test.each([
  ['--receiver nobody', /has no receiver nobody. Try: one of team, broken/],
  ['--wait soon', /soon is no time to wait/],
])('notices test %s is refused', async (words, why) => {
  expect(await range.muster(`notices test ${service} ${words}`)).toMatchObject({
    code: 2,
    err: expect.stringMatching(why),
  });
});

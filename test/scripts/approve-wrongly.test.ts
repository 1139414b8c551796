/**
 * Approvals that are wrong, each in its own way, through the command and as the JSON that the Temporal UI sends: each is
 * refused with its reason, the run goes on waiting, and nothing begins.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Approval, DecisionAnswer, RunStatus } from '../../domain/run/run.ts';
import { signed } from '../../scripts/cli/sign.ts';
import { makeSigners, type Signers } from '../support/signers.ts';
import { act, openRange, type Range, stage } from './fixtures/range.ts';

const risk = { id: 'old-primary-not-fenced', text: 'It may still write', severity: 'high' } as const;
const people = ['dana', 'erin', 'frank', 'asker', 'trainee', 'zoe'];
const io = { stdout: process.stdout, stderr: process.stderr, env: {} };
const old = 'f'.repeat(64);
let range: Range;
let signers: Signers;
let service: string;
let status: RunStatus;
let elsewhere: RunStatus;

beforeAll(async () => {
  [range, signers] = await Promise.all([openRange(), makeSigners(people, ['mallory'])]);
  await range.startWorkers();
  const policy = {
    signed: 'required',
    signers: signers.lines,
    quorum: 2,
    from: ['dana', 'erin', 'frank', 'asker', 'mallory'],
    onlyDrills: ['trainee'],
    emergency: { from: ['erin'] },
  } as const;
  [elsewhere, status] = [await waitingRun(policy), await waitingRun(policy)];
  service = status.service;
  const first = await muster('--by dana --yes --accept old-primary-not-fenced', 'dana');
  expect(first).toMatchObject({ code: 0, out: expect.stringContaining('approve: taken') });
});
afterAll(async () => {
  await range.close();
  await signers.close();
});

async function waitingRun(policy: object): Promise<RunStatus> {
  const name = await range.service({ items: [stage('Power up', [act('start-app')])], risks: [risk], policy });
  await range.muster(`failover ${name} --by asker --reason lost`);
  await range.until(`status ${name}`, 5);
  return (await range.muster(`status ${name} --json`)).json() as RunStatus;
}

const muster = (words: string, key?: string) =>
  range.muster(`approve ${service} ${words}${key ? ` --key ${signers.key(key)}` : ''}`);

/** As somebody makes it who has a key and a text editor. */
async function json(more: Partial<Approval> = {}, key: string | undefined = more.by ?? 'erin'): Promise<Approval> {
  const { run, procedure, playbook = '' } = status;
  const [at, until] = [0, 900_000].map((ms) => new Date(Date.now() + ms).toISOString());
  const accept = [risk.id];
  const approval: Approval = {
    by: 'erin',
    decision: 'go',
    playbook,
    accept,
    run,
    service,
    procedure,
    at,
    until,
    ...more,
  };
  return key === '' ? approval : await signed(approval, signers.key(key), io);
}

const handle = () => range.client.workflow.getHandle(`${service}/recovery`);
const send = (approval: Approval) =>
  handle().executeUpdate<DecisionAnswer, [Approval]>('approve', { args: [approval] });
const now = async () => (await range.muster(`status ${service} --json`)).json() as RunStatus;

async function expectWaiting(): Promise<void> {
  const { phase, stages, approvals } = await now();
  expect(phase).toBe('awaiting-approval');
  expect(stages.flatMap(({ ranks }) => ranks.flat()).map(({ state }) => state)).toEqual(['pending']);
  expect(approvals.filter(({ accepted }) => accepted).map(({ by }) => by)).toEqual(['dana']);
}

const all = '--yes --accept old-primary-not-fenced';

describe('through the command', () => {
  test.each([
    ['for the playbook as it was before', `--by erin ${all} --playbook ${old}`, 'erin', /shows playbook .*, not f{64}/],
    [
      'for the playbook of another run',
      () => `--by erin ${all} --playbook ${elsewhere.playbook}`,
      'erin',
      /shows playbook/,
    ],
    ['not signed', `--by erin ${all}`, undefined, /wants approvals of failover signed, and no key was named/],
    ['signed with a key that is not there', `--by erin ${all}`, 'nobody', /did not sign with .*No such file/],
    ['signed by a stranger', `--by mallory ${all}`, 'mallory', /REFUSED: it is signed by SHA256:\S+, which the plan's/],
    [
      'signed by somebody else',
      `--by erin ${all}`,
      'frank',
      /REFUSED: it is signed by frank, and says that erin decided/,
    ],
    ['by somebody who may not', `--by zoe ${all}`, 'zoe', /REFUSED: zoe is none of those who may approve this/],
    [
      'by somebody who may only rehearse',
      `--by trainee ${all}`,
      'trainee',
      /REFUSED: trainee may approve drills, and this is a real run/,
    ],
    ['by the one who asked', `--by asker ${all}`, 'asker', /REFUSED: asker asked for this run/],
    ['twice by one person', `--by dana ${all}`, 'dana', /REFUSED: dana has approved it already/],
    ['by nobody', '--by= --yes', 'erin', /`--by` names nobody/],
    ['a risk left open', '--by erin --yes', 'erin', /Not accepted by name: old-primary-not-fenced/],
    [
      'a risk that does not stand',
      `--by erin --yes --accept old-primary-not-fenced,flood`,
      'erin',
      /No such risk stands: flood/,
    ],
    [
      'good for no time at all',
      `--by erin ${all} --good-for 0ms`,
      'erin',
      /REFUSED: it was good until .*by the server's clock/,
    ],
    ['good for ever', `--by erin ${all} --good-for 40d`, 'erin', /REFUSED: it would be good until .*more than a day/],
    ['good for a time that is none', `--by erin ${all} --good-for soon`, 'erin', /`--good-for soon` is no time/],
    [
      'an emergency of somebody who may not',
      `--by frank ${all} --emergency --reason alone`,
      'frank',
      /REFUSED: frank may not decide alone/,
    ],
    ['an emergency for no reason', `--by erin ${all} --emergency`, 'erin', /REFUSED: .*the reason is missing/],
  ] as const)('%s', async (_, words, key, why) => {
    const { code, out, err } = await muster(typeof words === 'string' ? words : words(), key);
    expect({ said: out + err, code }).toMatchObject({ said: expect.stringMatching(why), code: 2 });
    await expectWaiting();
  });
});

describe('as the JSON of the Temporal UI', () => {
  test.each([
    ['for the playbook as it was before', () => json({ playbook: old }), /another playbook \(ffffffffffff\)/],
    [
      'for another run',
      () => json({ run: elsewhere.run, playbook: elsewhere.playbook }),
      /given for run failover-\S+, and this is run/,
    ],
    ['for another service', () => json({ service: 'arcade' }), /given for service arcade/],
    ['for another procedure', () => json({ procedure: 'restore' }), /given for procedure restore/],
    ['not signed', () => json({}, ''), /wants this approval signed/],
    ['signed over less', () => json({ run: undefined, until: undefined }), /says run, until too/],
    [
      'changed after it was signed',
      async () => ({ ...(await json({ accept: [] })), accept: [risk.id] }),
      /signature does not fit/,
    ],
    [
      'with nonsense for a signature',
      async () => ({ ...(await json()), signature: 'trust me' }),
      /signature does not fit/,
    ],
    [
      'signed by a stranger',
      () => json({ by: 'mallory' }),
      /signed by SHA256:\S+, which the plan's allowed signers do not have/,
    ],
    ['signed by somebody else', () => json({}, 'frank'), /signed by frank, and says that erin decided/],
    ['by somebody who may not', () => json({ by: 'zoe' }), /zoe is none of those who may approve/],
    ['by somebody who may only rehearse', () => json({ by: 'trainee' }), /trainee may approve drills/],
    ['by the one who asked', () => json({ by: 'asker' }), /asker asked for this run/],
    ['twice by one person', () => json({ by: 'dana' }), /dana has approved it already/],
    ['by blanks', () => json({ by: '  ' }, 'erin'), /names the person who gives it/],
    ['a risk left open', () => json({ accept: [] }), /not accepted by name: old-primary-not-fenced/],
    ['a risk that does not stand', () => json({ accept: [risk.id, 'flood'] }), /no such risk stands: flood/],
    ['good until a while ago', () => json({ until: '2026-01-01T00:00:00.000Z' }), /was good until 2026-01-01/],
    [
      'an emergency of somebody who may not',
      () => json({ by: 'frank', emergency: true, reason: 'x' }),
      /may not decide alone/,
    ],
    ['an emergency for no reason', () => json({ emergency: true }), /the reason is missing/],
  ] as const)('%s, as an Update and as a Signal', async (_, make, why) => {
    const before = (await now()).approvals.length;
    const approval = await make();
    expect(await send(approval)).toMatchObject({ taken: false, why: expect.stringMatching(why) });
    await handle().signal('approve', approval);
    await range.until(`status ${service} --json`, 5, (answer) => {
      return (answer.json() as RunStatus).approvals.length === before + 2;
    });
    const { approvals, timeline } = await now();
    expect(approvals.slice(-2)).toMatchObject([1, 2].map(() => ({ accepted: false, why: expect.stringMatching(why) })));
    expect(timeline.at(-1)?.text).toMatch(/^approve refused: /);
    await expectWaiting();
  });

  test.each([
    ['of another shape', { by: 'erin', decision: 'perhaps' }],
    ['without a name', { by: '', decision: 'go', playbook: old }],
  ])('%s leaves no trace', async (_, payload) => {
    await expect(send(payload as Approval)).rejects.toMatchObject({ cause: { type: 'BadInput' } });
    await expectWaiting();
  });
});

test('what is right is taken after all of it: printed by the command, pasted into the UI; and then it is too late', async () => {
  const printed = await muster(`--by frank ${all} --print --reason seen`, 'frank');
  expect(printed.code).toBe(0);
  const late = await json();
  expect(await send(printed.json() as Approval)).toMatchObject({ taken: true });
  expect((await range.muster(`watch ${service}`)).code).toBe(0);
  await expect(send(late)).rejects.toThrow();
  expect((await muster(`--by erin ${all}`, 'erin')).code).toBe(2);
});

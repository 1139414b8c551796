/** Approvals that must not let a run go, through the command: each refused with its reason, and nothing begins. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openScenario, type Scenario } from '../support/scenario.ts';
import { type WorldNow, worldNow } from '../support/untouched.ts';
import { withOverlay } from '../support/with-plan.ts';

let scenario: Scenario;
let before: WorldNow;
let risks: string;
const other = 'f'.repeat(64);

/** Two people must say go here, so that one go can be followed by another before the run begins. */
beforeAll(async () => {
  scenario = await openScenario();
  await scenario.reset();
  before = await worldNow(scenario);
  const quorum = (plan: { approvals?: object }) => {
    plan.approvals = { quorum: 2 };
  };
  const waiting = await withOverlay(scenario.lab.dir, quorum, () => scenario.startFailover({ by: 'night-shift' }));
  risks = (waiting?.risks ?? []).map(({ id }) => id).join(',');
  expect(risks).not.toBe('');
});
afterAll(async () => {
  await scenario.reset();
  await scenario.close();
});

/** Exit status 2, the reason, the run still waiting, and nothing changed anywhere. */
async function refused(words: string[], why: RegExp): Promise<void> {
  const { code, stdout, stderr } = await scenario.muster(['approve', 'spacetime', ...words]);
  expect({ said: stdout + stderr, code }).toMatchObject({ said: expect.stringMatching(why), code: 2 });
  expect((await scenario.status()).phase).toBe('awaiting-approval');
  expect(await worldNow(scenario)).toEqual(before);
}

/** The run's own timeline says it, as often as it happened. */
async function noted(text: RegExp, times = 1): Promise<void> {
  await scenario.until(`${times} notes of ${text}`, ({ timeline }) => {
    return timeline.filter((entry) => text.test(entry.text)).length === times;
  });
}

test('a hash that was read elsewhere', async () => {
  await refused(['--by', 'dana', '--yes', '--accept', risks, '--playbook', other], /shows playbook .*, not f{64}/);
});

test('another hash that came past the command is refused by the run itself, and recorded', async () => {
  const approval = await scenario.approval({ by: 'dana', playbook: other });
  expect(await scenario.update('approve', approval)).toMatchObject({
    taken: false,
    why: expect.stringContaining('another playbook (ffffffffffff)'),
  });
  await scenario.approveBySignal({ ...approval, by: 'erin' });
  const now = await scenario.until('the signal is judged', ({ approvals }) =>
    approvals.some(({ by }) => by === 'erin'),
  );
  expect(now.approvals.map(({ by, accepted }) => `${by} ${accepted}`)).toEqual(['dana false', 'erin false']);
  expect(now.phase).toBe('awaiting-approval');
  await noted(/^approve refused: it is for another playbook \(ffffffffffff\)/, 2);
});

test('by nobody', async () => {
  for (const by of ['', '   ']) {
    await refused(['--by', by, '--yes', '--accept', risks], /`--by` names nobody\. Try: --by /);
  }
  const nobody = await scenario.approval({ by: '' });
  await expect(scenario.update('approve', nobody)).rejects.toMatchObject({
    cause: { type: 'BadInput', message: expect.stringMatching(/^by: .*Try: Go or no-go/) },
  });
  await scenario.approveBySignal(nobody);
  await noted(/^a malformed approve signal was ignored: by: /);
  expect(await scenario.update('approve', { ...nobody, by: '   ' })).toMatchObject({
    taken: false,
    why: 'an approval names the person who gives it',
  });
  await scenario.approveBySignal({ ...nobody, by: '\t' });
  await noted(/^approve refused: an approval names the person/, 2);
  expect((await scenario.status()).phase).toBe('awaiting-approval');
});

test('a risk that nobody accepted', async () => {
  await refused(['--by', 'dana', '--yes'], /Not accepted by name: .*primary-still-healthy/);
  await refused(
    ['--by', 'dana', '--yes', '--accept', `${risks},moon-falls-down`],
    /No such risk stands: moon-falls-down/,
  );
});

test('without a word of yes where nobody can be asked', async () => {
  await refused(['--by', 'dana'], /no terminal[\s\S]*Try: --yes --accept/);
});

test('by the one who asked for it', async () => {
  await refused(['--by', 'Night-Shift', '--yes', '--accept', risks], /REFUSED: Night-Shift asked for this run/);
});

test('twice by the same person, whichever way: the first counts and does not suffice', async () => {
  const first = await scenario.muster(['approve', 'spacetime', '--by', 'dana', '--yes', '--accept', risks]);
  expect(first).toMatchObject({ code: 0, stdout: expect.stringContaining('approve: taken') });
  await refused(['--by', 'Dana ', '--yes', '--accept', risks], /REFUSED: Dana has approved it already/);
  await scenario.approveBySignal(await scenario.approval({ by: 'DANA' }));
  await noted(/^approve refused: DANA has approved it already/);
});

test('too late: when it runs, and when it is over', async () => {
  const hold = await scenario.muster(['pause', 'spacetime', '--by', 'dana']);
  expect(hold.code).toBe(0);
  const second = await scenario.muster(['approve', 'spacetime', '--by', 'erin', '--yes', '--accept', risks]);
  expect(second).toMatchObject({ code: 0, stdout: expect.stringContaining('approve: taken') });
  const late = await scenario.until('it executes', ({ phase }) => phase === 'executing');
  const words = ['approve', 'spacetime', '--by', 'frank', '--yes', '--accept', risks];
  expect(await scenario.muster(words)).toMatchObject({ code: 2, stderr: expect.stringContaining('it is executing') });
  expect(
    await scenario.update('approve', { by: 'frank', decision: 'go', playbook: late.playbook, accept: [] }),
  ).toMatchObject({ taken: false, why: expect.stringContaining('too late') });
  await scenario.approveBySignal({ by: 'grace', decision: 'go', playbook: late.playbook, accept: [] });
  await noted(/^approve refused: too late: .*it is executing/, 2);
  // It was paused before its first step, so even now nothing was changed.
  expect((await scenario.muster(['abort', 'spacetime', '--by', 'dana', '--reason', 'the test is over'])).code).toBe(0);
  await scenario.until('it is over', ({ phase }) => phase === 'aborted');
  expect(await scenario.muster(words)).toMatchObject({ code: 2 });
  expect(await worldNow(scenario)).toEqual(before);
});

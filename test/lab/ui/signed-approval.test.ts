/**
 * Approvals that must be signed, in the whole lab: twelve wrong ones through Chromium, each refused with its reason and nothing
 * changed; then a right one, printed by the command and pasted; and the log of all of it, though one of its places is dead.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Approval } from '../../../domain/run/run.ts';
import { signed } from '../../../scripts/cli/sign.ts';
import { makeSigners, type Signers } from '../../support/signers.ts';
import { openScenario, recovery, type Scenario } from '../support/scenario.ts';
import { worldNow } from '../support/untouched.ts';
import { withOverlay } from '../support/with-plan.ts';
import { openTemporalUi, type TemporalUi } from './temporal-ui.ts';

let scenario: Scenario;
let ui: TemporalUi;
let signers: Signers;
const io = { stdout: process.stdout, stderr: process.stderr, env: {} };
const old = 'f'.repeat(64);

beforeAll(async () => {
  [scenario, signers] = await Promise.all([
    openScenario(),
    makeSigners(['dana', 'erin', 'zoe', 'trainee', 'asker'], ['mallory']),
  ]);
  ui = await openTemporalUi(scenario.lab.state.relays.ui);
  await scenario.reset();
  await scenario.lab.kill('us-east-1');
  const file = join(signers.folder, 'allowed_signers');
  await writeFile(file, signers.lines);
  const policy = (plan: { approvals?: object }) => {
    plan.approvals = {
      allowedSigners: { file },
      signed: 'required',
      from: ['dana', 'erin', 'asker', 'mallory'],
      emergency: { from: ['erin'] },
      drills: { from: ['trainee'] },
    };
  };
  await withOverlay(scenario.lab.dir, policy, () => scenario.startFailover({ by: 'asker' }));
});
afterAll(async () => {
  await ui?.close();
  await scenario?.reset();
  await scenario?.close();
  await signers?.close();
});

async function approval(more: Partial<Approval> = {}, key: string | undefined = more.by ?? 'dana'): Promise<Approval> {
  const { run, service, procedure, playbook = '', risks } = await scenario.status();
  const [at, until] = [0, 900_000].map((ms) => new Date(Date.now() + ms).toISOString());
  const accept = risks.map(({ id }) => id);
  const given: Approval = { by: 'dana', decision: 'go', playbook, accept, run, service, procedure, at, until, ...more };
  return key === '' ? given : await signed(given, signers.key(key), io);
}

test('twelve wrong approvals are refused in Chromium, each with its reason, and nothing is changed', async () => {
  const before = await worldNow(scenario);
  const wrong: [() => Promise<Approval>, RegExp][] = [
    [() => approval({ playbook: old }), /another playbook \(ffffffffffff\)/],
    [() => approval({ run: 'failover-20260101-000000-0000' }), /given for run failover-20260101/],
    [() => approval({}, ''), /wants this approval signed/],
    [async () => ({ ...(await approval({ accept: [] })), ...(await accepted()) }), /signature does not fit/],
    [() => approval({ by: 'mallory' }), /the plan's allowed signers do not have/],
    [() => approval({}, 'erin'), /signed by erin, and says that dana decided/],
    [() => approval({ by: 'zoe' }), /zoe is none of those who may approve/],
    [() => approval({ by: 'trainee' }), /trainee may approve drills, and this is a real run/],
    [() => approval({ by: 'asker' }), /asker asked for this run/],
    [() => approval({ accept: [] }), /these risks are not accepted by name/],
    [() => approval({ until: '2026-01-01T00:00:00.000Z' }), /it was good until 2026-01-01/],
    [() => approval({ by: 'erin', emergency: true }), /the reason is missing/],
  ];
  const text = await ui.details(recovery, 'It must be signed');
  expect(text).toContain('Who may approve: dana, erin, asker, mallory.');
  for (const [index, [make, why]] of wrong.entries()) {
    await ui.send(index % 2 === 0 ? 'Update' : 'Signal', 'approve', await make(), `wrong-approval-${index + 1}`);
    const now = await scenario.until(`approval ${index + 1} is judged`, ({ approvals }) => approvals.length > index);
    expect(now.approvals.at(-1)).toMatchObject({ accepted: false, why: expect.stringMatching(why) });
    expect(now.phase).toBe('awaiting-approval');
  }
  expect(await worldNow(scenario)).toEqual(before);
});

test('a right one, printed by the command and pasted in Chromium, lets it go, and its log is whole everywhere in the end', async () => {
  const accept = (await scenario.status()).risks.map(({ id }) => id).join(',');
  const words = ['--by', 'dana', '--key', signers.key('dana'), '--accept', accept, '--print'];
  const printed = await scenario.muster(['approve', 'spacetime', ...words]);
  expect(printed).toMatchObject({ code: 0 });
  await ui.open(recovery, 'timeline');
  await ui.send('Update', 'approve', printed.json as object, 'signed-approval');
  const { run } = await scenario.finish();
  // The lost region's location has none of it, and held nothing up.
  const there = await scenario.muster(['audit', 'verify', 'spacetime', '--run', run, '--json']);
  expect(there).toMatchObject({
    code: 0,
    json: { findings: [], open: [], unreachable: [{ location: 'company-backups' }] },
  });
  const listed = await scenario.muster(['audit', 'spacetime', '--run', run, '--json']);
  const { entries } = listed.json as {
    entries: { kind: string; text: string; by?: string; state?: string; step?: string }[];
  };
  expect(entries.filter(({ kind }) => kind === 'approval')).toHaveLength(13);
  expect(entries).toContainEqual(
    expect.objectContaining({
      kind: 'decision',
      by: 'dana',
      text: expect.stringMatching(/^go for .*signed with SHA256:/),
    }),
  );
  for (const state of ['begins', 'done'])
    expect(entries).toContainEqual(expect.objectContaining({ kind: 'operation', step: 'restore-database', state }));
  expect(entries).toContainEqual(
    expect.objectContaining({ kind: 'unwritten', text: expect.stringContaining('company-backups') }),
  );
  await scenario.lab.heal('us-east-1');
  const lacking = await scenario.muster(['audit', 'verify', 'spacetime', '--run', run]);
  expect(lacking).toMatchObject({
    code: 8,
    stdout: expect.stringMatching(/LACKING company-backups lacks entries 1-\d+ of failover-/),
  });
  const mended = await scenario.muster(['audit', 'verify', 'spacetime', '--run', run, '--mend']);
  expect(mended).toMatchObject({ code: 0, stdout: expect.stringContaining('signed, unbroken, the same everywhere') });
});

async function accepted(): Promise<Pick<Approval, 'accept'>> {
  return { accept: (await scenario.status()).risks.map(({ id }) => id) };
}

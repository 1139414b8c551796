import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pinnedSignersOf } from '../../../activities/approvals/allowed-signers.ts';
import { checkSigners } from '../../../activities/approvals/check-signers.ts';
import { approvalsSchema } from '../../../domain/plan/approvals.ts';
import { spacetimePlan } from '../../support/plan.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-signers-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function planWith(approvals: object) {
  return { ...(await spacetimePlan()), approvals: approvalsSchema.parse(approvals) };
}

test('everybody whom the plan lets decide has a key, or is named', async () => {
  await writeFile(
    join(folder, 'signers'),
    '# people\ndana,erin ssh-ed25519 AAAA\n\n"*@example.com" ssh-ed25519 AAAA\n',
  );
  const allowedSigners = { file: 'signers' };
  const good = await planWith({ allowedSigners, from: ['dana', 'zoe@example.com'] });
  expect(await checkSigners(good, folder)).toBe('keys of dana, erin, *@example.com');
  const without = await planWith({ allowedSigners, from: ['dana'], emergency: { from: ['frank'] } });
  await expect(checkSigners(without, folder)).rejects.toThrow('no key of frank is there');
  expect(await checkSigners(await planWith({ signed: 'allowed' }), folder)).toContain('nothing proves who approves');
});

test('what a run takes with it are the lines that say something; without any it is refused', async () => {
  await writeFile(join(folder, 'lines'), '# people\n\n  dana ssh-ed25519 AAAA  \n');
  expect(await pinnedSignersOf(await planWith({ allowedSigners: { file: 'lines' } }), folder)).toEqual({
    signers: 'dana ssh-ed25519 AAAA\n',
  });
  await writeFile(join(folder, 'empty'), '# nobody yet\n');
  for (const file of ['empty', 'absent']) {
    const refused = pinnedSignersOf(await planWith({ allowedSigners: { file } }), folder);
    await expect(refused).rejects.toMatchObject({ type: 'AllowedSignersMissing' });
  }
  expect(await pinnedSignersOf(await planWith({ signed: 'allowed' }), folder)).toEqual({});
});

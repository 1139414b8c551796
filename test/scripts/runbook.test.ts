/** `muster runbook` and `muster plan diff` as typed: what they refuse before anything is asked. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { aSituation } from '../playbooks/a-situation.ts';
import { plansFolder } from '../support/plan.ts';
import { runMuster } from '../support/run-muster.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-runbook-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const muster = (...words: string[]) => runMuster(words, { MUSTER_PLANS: plansFolder });

test('a runbook is for a recovery, in one of two formats; a bad word leaves no file', async () => {
  const output = join(folder, 'script.sh');
  const tea = await muster('runbook', 'spacetime', 'tea', '--output', output);
  expect(tea).toMatchObject({ code: 2, err: expect.stringMatching(/no runbook for tea\. Try: one of: .*failover/) });
  const pdf = await muster('runbook', 'spacetime', 'failover', '--format', 'pdf', '--output', output);
  expect(pdf).toMatchObject({ code: 2, err: expect.stringContaining('one of: md, sh') });
  expect(await readdir(folder)).toEqual([]);
});

test('a script is refused at once for what only Muster or people can do, with the way that is left', async () => {
  const refused = (procedure: string) => muster('runbook', 'spacetime', procedure, '--format', 'sh');
  for (const procedure of ['switchover', 'failback']) {
    expect(await refused(procedure)).toMatchObject({
      code: 2,
      err: expect.stringMatching(/takes its last recovery point while .* Try: --format md .*a script of failover/),
    });
  }
  for (const procedure of ['backup', 'retention', 'verify', 'rotate-keys']) {
    expect(await refused(procedure)).toMatchObject({
      code: 2,
      err: expect.stringMatching(/done by a script.* Try: --format md .*failover, full-recovery/),
    });
  }
  expect(await muster('runbook', 'spacetime', 'fence')).toMatchObject({
    code: 2,
    err: expect.stringContaining('--to'),
  });
});

test('facts that were saved give the Markdown with nothing to ask, and only for what they were found for', async () => {
  const { assessment } = await aSituation('failover');
  const facts = join(folder, 'facts.json');
  await writeFile(facts, JSON.stringify({ assessment, playbook: {} }));
  const asked = (...words: string[]) => muster('runbook', 'spacetime', ...words, '--facts', facts);
  const { code, out } = await asked('failover');
  expect([code, out.split('\n')[0]]).toEqual([0, '# FAILOVER us-east-1 -> us-west-2: SpaceTime API']);
  expect(out).toContain(`Compiled from facts of ${assessment.at}`);
  expect(out).toMatch(/which are \d+ d \d+ h old/);
  const refused = (...words: string[]) => asked(...words).then(({ code, err }) => [code, err]);
  expect(await refused('failover', '--to', 'us-east-1')).toEqual([2, expect.stringContaining('has the from')]);
  expect(await refused('full-recovery')).toEqual([2, expect.stringContaining('has the procedure failover')]);
  expect(await refused('failover', '--point', '20250101_000000')).toEqual([
    2,
    expect.stringContaining('has the point'),
  ]);
  expect(await refused('failover', '--date', '20250101')).toEqual([
    2,
    expect.stringContaining(`has the point ${assessment.point?.id}, and another may be asked for: date 20250101`),
  ]);
  await writeFile(facts, JSON.stringify({ ...assessment, plan: 'a'.repeat(64) }));
  expect(await refused('failover')).toEqual([2, expect.stringContaining('with another plan')]);
  await writeFile(facts, '{}');
  expect(await refused('failover')).toEqual([2, expect.stringContaining('has no facts')]);
});

test('plan diff says what a change of the plan changes, in words and as JSON, and what it cannot find', async () => {
  const before = join(folder, 'before.yaml');
  const text = await readFile(join(plansFolder, 'spacetime.yaml'), 'utf8');
  await writeFile(before, text.replace('  - name: logs\n', '  - name: records\n').replace('quorum: 1', 'quorum: 2'));
  const { code, out } = await muster('plan', 'diff', 'spacetime', '--against', before);
  expect(code).toBe(0);
  expect(out).toContain('Objectives and policy\n  approvals.quorum: 2 -> 1');
  expect(out).toMatch(
    /FAILOVER us-east-1 -> us-west-2\n(.*\n)*? {2}\+ Restore logs on app .* \(restore-logs\), in "Restore the data"/,
  );
  expect(out).toMatch(/ {2}- Restore records on app .* \(restore-records\)/);
  const json = JSON.parse((await muster('plan', 'diff', 'spacetime', '--against', before, '--json')).out);
  expect(json).toMatchObject({ service: 'spacetime', against: before });
  expect(json.procedures.map(({ procedure }: { procedure: string }) => procedure)).toContain('backup');
  expect((await muster('plan', 'diff', 'spacetime', '--against', join(plansFolder, 'spacetime.yaml'))).out).toContain(
    'Nothing differs.',
  );
  expect(await muster('plan', 'diff', 'spacetime', '--against', 'no-such-commit')).toMatchObject({
    code: 2,
    err: expect.stringContaining('--against'),
  });
});

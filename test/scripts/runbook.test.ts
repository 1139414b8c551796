/** `muster runbook` and `muster plan diff` as typed: what they refuse before anything is asked. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { loadPlan } from '../../activities/plans/load-plan.ts';
import { generateKeySet } from '../../activities/points/keys.ts';
import { saidWhereSilent } from '../../scripts/cli/runbook-refusals.ts';
import { aSituation } from '../playbooks/a-situation.ts';
import { plansFolder } from '../support/plan.ts';
import { runMuster } from '../support/run-muster.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-runbook-'));
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

/** Nothing answers at any of its addresses: no cloud, no store, no Temporal. */
const nowhere = 'http://127.0.0.1:9';

const musterWith = (plans: string, words: string[]) =>
  runMuster(words, { MUSTER_PLANS: plans, TEMPORAL_ADDRESS: '127.0.0.1:9' });
const muster = (...words: string[]) => musterWith(plansFolder, words);

test('a runbook is for a recovery, in one of two formats; a bad word leaves no file', async () => {
  const output = join(folder, 'script.sh');
  const tea = await muster('runbook', 'spacetime', 'tea', '--output', output);
  expect(tea).toMatchObject({ code: 2, err: expect.stringMatching(/no runbook for tea\. Try: one of: .*failover/) });
  const pdf = await muster('runbook', 'spacetime', 'failover', '--format', 'pdf', '--output', output);
  expect(pdf).toMatchObject({ code: 2, err: expect.stringContaining('one of: md, sh') });
  expect(await readdir(folder)).toEqual([]);
});

test('what cannot be meant is refused before anything is asked, as a fact with a way on, and as JSON', async () => {
  const refusals: [string[], string, RegExp][] = [
    [['nothing', 'failover'], 'PlanNotFound', /There is no .*nothing\.yaml\. Try: one of .*spacetime/],
    [['spacetime', 'failover', '--to', 'mars'], 'SiteUnknown', /no site mars\. Try: one of: us-east-1, us-west-2/],
    [['spacetime', 'fence', '--from', 'mars'], 'SiteUnknown', /no site mars/],
    [['spacetime', 'fence', '--from', 'us-east-1', '--to', 'us-west-2'], 'BadInput', /of one site.* Try: --to/],
    [
      ['spacetime', 'failover', '--point', 'last'],
      'BadInput',
      /last is no recovery point.* Try: muster points spacetime/,
    ],
    [['spacetime', 'failover', '--in-place'], 'BadInput', /Try: --compromise --in-place --before/],
    [['spacetime', 'backup', '--compromise', '--before', '2026-01-02T03:00:00Z'], 'BadInput', /Try: failover or full/],
    [
      ['spacetime', 'failover', '--output', join(folder, 'none', 'a.sh')],
      'BadInput',
      /There is no folder .*none\. Try: /,
    ],
    [['spacetime', 'failover', '--output', folder], 'BadInput', /is a folder\. Try: --output .*failover\.sh/],
  ];
  for (const [words, type, told] of refusals) {
    const { code, out, err } = await muster('--json', 'runbook', ...words);
    expect([words, code, err]).toEqual([words, 2, expect.stringMatching(told)]);
    expect(JSON.parse(out)).toEqual({ error: { type, message: expect.stringMatching(told), exit: 2 } });
  }
  expect(await muster('runbook', 'spacetime')).toMatchObject({ code: 2, err: expect.stringContaining("'procedure'") });
});

test('silence in whatever shape it comes is exit 3 with a way on; a mistake of our own stays one', () => {
  const said = (name: string, message: string, cause?: unknown) =>
    saidWhereSilent(Object.assign(new Error(message, { cause }), { name }));
  const refused = { code: 'ECONNREFUSED', message: 'refused' };
  expect(said('ECONNREFUSED', 'Hosts could not be looked up. Try: wait: it is tried again.', refused)).toMatchObject({
    type: 'CloudSilent',
    message: expect.stringMatching(/^Hosts could not be looked up\. Try: again from a machine/),
  });
  expect(said('LimitPassed', 'no answer within 4000 ms')).toMatchObject({
    type: 'CloudSilent',
    message: expect.stringContaining('is silent: no answer within 4000 ms. Try: again'),
  });
  expect(said('StoreUnreachable', 'Storage location near: refused', refused)).toMatchObject({
    type: 'NothingReachable',
    message: expect.stringContaining('near: refused. Try: --format md'),
  });
  const ours = new TypeError('undefined is no function');
  expect(saidWhereSilent(ours)).toBe(ours);
});

test('where nothing answers it is said what is left: exit 3, and no file; saved facts give the Markdown all the same', async () => {
  const keys = join(folder, 'keys');
  const plans = join(folder, 'plans');
  const output = join(folder, 'failover.sh');
  await generateKeySet(keys, ['us-east-1', 'us-west-2']);
  await writeFile(join(keys, 'dr-key.pem'), 'a key', { mode: 0o600 });
  await writeFile(join(keys, 'known_hosts'), 'a host');
  await mkdir(plans);
  const text = await readFile(join(plansFolder, 'spacetime.yaml'), 'utf8');
  await writeFile(join(plans, 'spacetime.yaml'), text.replaceAll('/etc/muster/spacetime', keys));
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'SPACETIME_DATABASE_PASSWORD'])
    vi.stubEnv(name, 'x');
  vi.stubEnv('AWS_ENDPOINT_URL', nowhere);
  const failover = ['runbook', 'spacetime', 'failover', '--format', 'sh', '--output', output];
  expect(await musterWith(plans, failover)).toMatchObject({
    code: 3,
    // A machine that is busy finds its own limit over first.
    err: expect.stringMatching(/(ECONNREFUSED|no answer).*\. Try: again .*--facts FILE.*last backup kept/),
  });
  const { assessment } = await aSituation('failover');
  const facts = join(folder, 'silent.json');
  const { sha256 } = await loadPlan(plans, 'spacetime');
  await writeFile(facts, JSON.stringify({ ...assessment, plan: sha256 }));
  expect(await musterWith(plans, [...failover, '--facts', facts])).toMatchObject({
    code: 3,
    err: expect.stringMatching(/(ECONNREFUSED|no answer).*\. Try: .*last backup kept/),
  });
  expect(await musterWith(plans, ['runbook', 'spacetime', 'failover', '--facts', facts])).toMatchObject({
    code: 0,
    out: expect.stringContaining('# FAILOVER us-east-1 -> us-west-2'),
  });
  expect(await readdir(folder)).not.toContain('failover.sh');
}, 60_000);

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

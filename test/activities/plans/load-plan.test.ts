import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { planJsonSchemaText } from '../../../activities/plans/json-schema.ts';
import { loadPlan, PlanInvalid } from '../../../activities/plans/load-plan.ts';
import { plansFolder } from '../../support/plan.ts';

let folder: string;
let good: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-plans-'));
  good = await readFile(join(plansFolder, 'spacetime.yaml'), 'utf8');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('the plan of SpaceTime', () => {
  test('holds what the runbook promises', async () => {
    const { plan } = await loadPlan(plansFolder, 'spacetime');
    const minute = 60_000;
    expect(plan.objectives.rpo).toBe(60 * minute);
    expect(plan.objectives.rto.failover).toEqual({ expected: 15 * minute, maximum: 30 * minute });
    expect(plan.objectives.rto['full-recovery']).toEqual({ expected: 30 * minute, maximum: 60 * minute });
    expect(plan.sites['us-west-2']?.hosts.app).toEqual({
      tags: { Environment: 'dr-spacetime', Role: 'app' },
      count: 1,
    });
    expect(plan.traffic.records[0]?.wait).toBe(minute);
    expect(plan.watch.for).toBe(60 * minute);
    expect(plan.health.expect).toEqual({ overall_ready: true });
  });

  test('is described by the published JSON Schema, which is up to date', async () => {
    const published = JSON.parse(await readFile(join(plansFolder, 'plan.schema.json'), 'utf8'));
    expect(published).toEqual(JSON.parse(planJsonSchemaText()));
  });

  test('has a hash that follows what it says, not how it is written', async () => {
    const first = await loadPlan(plansFolder, 'spacetime');
    await writeFile(join(folder, 'spacetime.yaml'), `# a comment\n${good}`);
    expect((await loadPlan(folder, 'spacetime')).sha256).toBe(first.sha256);
    await writeFile(join(folder, 'spacetime.yaml'), good.replace('rpo: 1h', 'rpo: 2h'));
    expect((await loadPlan(folder, 'spacetime')).sha256).not.toBe(first.sha256);
    await writeFile(join(folder, 'spacetime.yaml'), good);
    expect((await loadPlan(folder, 'spacetime')).sha256).toBe(first.sha256);
  });
});

/** Loads the good plan with one piece of text exchanged, and returns the mistakes found. */
async function mistakesAfter(from: string | RegExp, to: string): Promise<readonly string[]> {
  const changed = good.replace(from, to);
  expect(changed, 'the text to exchange must be in the plan').not.toBe(good);
  await writeFile(join(folder, 'spacetime.yaml'), changed);
  const error = await loadPlan(folder, 'spacetime').catch((thrown: unknown) => thrown);
  if (!(error instanceof PlanInvalid)) throw new Error(`expected PlanInvalid, got ${String(error)}`);
  return error.problems.map((problem) => problem.replace(`${folder}/`, ''));
}

/** `spacetime.yaml:LINE:COLUMN` of a piece of text in the changed plan. */
function placeOf(text: string, marker: string): string {
  const before = text.slice(0, text.indexOf(marker));
  const line = before.split('\n').length;
  return `spacetime.yaml:${line}:${before.length - before.lastIndexOf('\n')}`;
}

describe('a mistake is named with its line', () => {
  test('an unknown key, with the nearest known one', async () => {
    const problems = await mistakesAfter('\nhealth:', '\nhelth:');
    const at = placeOf(good.replace('\nhealth:', '\nhelth:'), 'helth:');
    expect(problems).toContainEqual(expect.stringMatching(`^${at}: helth: is not a known key. Try: health `));
    expect(problems).toContainEqual(expect.stringMatching(/: health: is missing\. Try: add it/));
  });

  test.each<[string, string | RegExp, string, RegExp]>([
    [
      'a site without hosts',
      /hosts:\n +app: .*production.*\n +db: .*/,
      'hosts: {}',
      /us-east-1\.hosts: the site has no hosts/,
    ],
    [
      'a host by no tag',
      '{ Environment: dr-spacetime, Role: db }',
      '{}',
      /hosts\.db\.tags: .*every instance of the region/,
    ],
    ['more copies than locations', 'copies: 2', 'copies: 3', /copies: 3 copies are asked for, and there are 2/],
    ['a watch of too many looks', 'watch: { for: 1h', 'watch: { for: 7d', /watch: .*more than 2000 looks/],
    ['a watch without a pause', 'every: 30s', 'every: 0s', /watch\.every: "0s": that is no time at all/],
    ['a limit of no time', 'interval: 2s', 'interval: 0s', /health\.interval: "0s": that is no time at all/],
    [
      'a public address that is none',
      'publicUrl: http://spacetime-api.company.com',
      'publicUrl: http://{host}',
      /no address/,
    ],
    [
      'two manual steps of one id',
      '\nmonitoring:',
      '\nmanual: [{ title: Look, instructions: x, before: end }, { title: look!, instructions: y, before: end }]\nmonitoring:',
      /manual\[1\]\.title: .*a step above/,
    ],
  ])('%s', async (_, from, to, expected) => {
    expect((await mistakesAfter(from, to)).join('\n')).toMatch(expected);
  });

  test('two storage locations that are one', async () => {
    const problems = await mistakesAfter('bucket: company-backups-dr', 'bucket: company-backups');
    expect(problems.join()).toMatch(/the same place as company-backups/);
  });

  test('a storage location outside of the allowed regions', async () => {
    const problems = await mistakesAfter('allowedRegions: [us-east-1, us-west-2]', 'allowedRegions: [eu-west-1]');
    expect(problems.join()).toMatch(/us-east-1 is none of the allowed regions eu-west-1/);
  });

  test.each<[string, string, RegExp]>([
    [
      'an endpoint without TLS',
      'driver: s3\n    endpoint: http://10.0.0.1:9000',
      /http:\/\/ lets anyone .* Try: https/,
    ],
    ['half of an access key', 'driver: s3\n    accessKeyId: { env: KEY }', /secretAccessKey: is missing. Try: both/],
    ['a driver that there is not', 'driver: ftp', /driver/],
    ['a lock that Muster would not set', 'driver: azure', /locks on S3 only/],
  ])('%s', async (_, to, expected) => {
    expect((await mistakesAfter('driver: s3', to)).join('\n')).toMatch(expected);
  });

  test('a duration without unit', async () => {
    const [problem] = await mistakesAfter('rpo: 1h', 'rpo: 15');
    expect(problem).toBe(
      `${placeOf(good, '1h\n')}: objectives.rpo: 15: a duration needs a unit. Try: 90s, 15m or 1h30m.`,
    );
  });

  test.each([
    ['service: spacetime', 'service: ../x', /: service: "\.\.\/x": a name is lower-case letters/],
    ['role: standby', 'role: stand-by', /sites\.us-west-2\.role: "stand-by" is not one of the choices\. Try: standby/],
    ['tags: { Environment: dr-spacetime, Role: db }', 'tagz: {}', /hosts\.db\.tagz: is not a known key\. Try: tags/],
    [
      'driver: postgresql',
      'driver: postgres',
      /components\[1\]\.driver: "postgres" is not known here\. Try: files or postgresql/,
    ],
    ['mode: "755"', 'mode: 755', /permissions\[1\]\.mode: 755 is not text\. Try: write "755"/],
    [
      'keep: 14d',
      'keep: 14 days',
      /retention\.rules\[6\]\.keep: "14 days": this is no time .* Try: 30d, 24h, indefinite/,
    ],
    ['keep: { monthly: 3 }', 'keep: { montly: 3 }', /keep\.montly: is not a known key\. Try: monthly/],
    ['keep: { monthly: 3 }', 'keep: {}', /keep: .*nothing is counted/],
    ['keep: 14d', 'keep: 14d, locations: [local]', /rules\[6\]\.locations\[0\]: there is no storage location local/],
    ['keep: 14d', 'keep: 14d, components: [redis]', /rules\[6\]\.components\[0\]: there is no component redis/],
    ['retention:', 'retention:\n  grace: 1m', /retention\.grace: "1m": a backup may take that long\. Try: 24h/],
    ['retention:', 'retention:\n  budget: { share: 0.3 }', /retention\.budget\.share: .*is not text/],
    ['paths: [/opt/spacetime/logs]', 'paths: [/opt/../etc]', /paths\[0\]: .*does not climb/],
    ['paths: [/opt/spacetime/logs]', 'paths: [/data/]', /paths\[0\]: .*right below \/.* Try: name the folders in it/],
    [
      'storage: company-backups-dr',
      'storage: elsewhere',
      /sites\.us-west-2\.storage: there is no storage location elsewhere/,
    ],
    ['    host: db\n', '    host: dbx\n', /components\[1\]\.host: site us-east-1 has no hosts named dbx/],
    ['control:\n  host: app', 'control:\n  host: web', /control\.host: site us-west-2 has no hosts named web/],
    ['    failback:', '    fallback:', /objectives\.rto\.fallback: there is no procedure fallback/],
    [
      '        us-west-2:\n          alias',
      '        eu-west-1:\n          alias',
      /the name has no target at us-west-2/,
    ],
    [
      'expected: 15m, maximum: 30m',
      'expected: 45m, maximum: 30m',
      /objectives\.rto\.failover: .*expected is longer than maximum\. Try: exchange them/,
    ],
    ['next: 2026-01-02', 'next: 2024-01-02', /review: .*the next review is before the last/],
    ['publicUrl: http://', 'publicUrl: ftp://', /health\.publicUrl: .*begins with http/],
    ['role: standby', 'role: primary', /sites: us-east-1 and us-west-2 are both primary/],
    [
      'url: { env: SPACETIME_SLACK_WEBHOOK }',
      'url: https://x',
      /notices\[0\]\.url: "https:\/\/x" is not a group of keys/,
    ],
    ['title: SpaceTime API', 'title: [', /spacetime\.yaml:\d+:\d+: .*[^.]\. Try: correct the YAML here\./],
    ['owner: DevOps Team', 'title: again', /spacetime\.yaml:\d+:\d+: Map keys must be unique/],
  ])('%j written as %j', async (from, to, message) => {
    expect(await mistakesAfter(from, to)).toContainEqual(expect.stringMatching(message));
  });

  test('all mistakes come at once, in the order of the file', async () => {
    good = good.replace('rpo: 1h', 'rpo: 1').replace('host: db\n', 'host: dbx\n');
    const problems = await mistakesAfter('interval: 2s', 'interval: soon');
    expect(problems.length).toBe(4);
    const lines = problems.map((problem) => Number(problem.split(':')[1]));
    expect(lines).toEqual([...lines].sort((a, b) => a - b));
  });
});

test('a service name that climbs is refused before any file is read', async () => {
  await expect(loadPlan(folder, '../x')).rejects.toMatchObject({
    type: 'PlanInvalid',
    message: expect.stringMatching(/"\.\.\/x" is not a service name/),
  });
});

test('a plan that is not there names those that are', async () => {
  await writeFile(join(folder, 'spacetime.yaml'), good);
  await expect(loadPlan(folder, 'spacetim')).rejects.toMatchObject({
    type: 'PlanNotFound',
    message: expect.stringMatching(/Try: one of spacetime/),
  });
});

test('a plan that cannot be read is refused with the reason', async () => {
  await mkdir(join(folder, 'spacetime.yaml'));
  await expect(loadPlan(folder, 'spacetime')).rejects.toMatchObject({
    type: 'PlanUnreadable',
    message: expect.stringMatching(/EISDIR/),
  });
});

test('an overlay merges maps and replaces lists, and its mistakes are named in its own file', async () => {
  await writeFile(join(folder, 'spacetime.yaml'), good);
  await mkdir(join(folder, 'overlays/lab'), { recursive: true });
  const overlay = join(folder, 'overlays/lab/spacetime.yaml');
  await writeFile(overlay, 'watch: { for: 5s }\ncontacts: []\ntraffic: { resolver: "10.77.0.1:53" }\n');
  const { plan, files } = await loadPlan(folder, 'spacetime', { overlays: ['lab'] });
  expect(plan.watch).toEqual({ for: 5000, every: 30_000 });
  expect(plan.contacts).toEqual([]);
  expect(plan.traffic).toMatchObject({ zone: 'Z1234567890ABC', resolver: '10.77.0.1:53' });
  expect(files).toHaveLength(2);
  await writeFile(overlay, 'watch:\n  for: 5\n');
  await expect(loadPlan(folder, 'spacetime', { overlays: [overlay] })).rejects.toThrow(`${overlay}:2:8: watch.for: 5:`);
});

test('aliases that unfold without end are refused, not followed', async () => {
  const levels = Array.from({ length: 30 }, (_, n) => `a${n + 1}: &a${n + 1} [*a${n}, *a${n}]`).join('\n');
  await writeFile(join(folder, 'spacetime.yaml'), `a0: &a0 x\n${levels}\n`);
  await expect(loadPlan(folder, 'spacetime')).rejects.toThrow(/unfolds to more than/);
});

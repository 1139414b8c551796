/** `muster report --period` and `muster report evidence`, of a month that lies in two folders, one of which may be gone. */
import { execFile } from 'node:child_process';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { estateReportSchema, periodReportSchema } from '../../domain/period/shape.ts';
import { aMonth, type Month, report, storageOf } from '../activities/evidence/a-month.ts';
import { runMuster } from '../support/run-muster.ts';

const run = promisify(execFile);
let month: Month;
let env: Record<string, string>;

beforeAll(async () => {
  month = await aMonth();
  process.env.EVIDENCE_TEST = 'a secret of thirty-two characters, and more';
  const plans = join(month.folder, 'plans');
  await mkdir(plans);
  const plan = parse(await readFile(new URL('../../plans/spacetime.yaml', import.meta.url), 'utf8'));
  for (const [index, site] of Object.values<{ storage: string }>(plan.sites).entries())
    site.storage = index === 0 ? 'near' : 'far';
  const file = (name: string) => ({ file: join(month.folder, name) });
  plan.storage = storageOf(month.folder);
  plan.signer = { key: file('keys/signer.key'), pinned: [file('keys/signer.pub')] };
  plan.approvals = { ...plan.approvals, allowedSigners: file('allowed_signers') };
  await writeFile(join(plans, 'spacetime.yaml'), stringify(plan));
  env = { MUSTER_PLANS: plans, MUSTER_REPORTS: join(month.folder, 'no-reports') };
}, 120_000);
afterAll(async () => {
  delete process.env.EVIDENCE_TEST;
  await month?.end();
});

const muster = (words: string) => runMuster(words.split(' '), env);

test('a month is counted from what lies in the storage locations', async () => {
  const { code, out } = await muster('report spacetime --period 2026-01 --format json');
  expect(code).toBe(0);
  const found = periodReportSchema.parse(JSON.parse(out));
  expect(found).toMatchObject({
    service: 'spacetime',
    whole: true,
    unread: [],
    runs: [{ run: report.run, rto: 'met' }],
  });
  expect(found.objectives.find(({ name }) => name === 'a recovery is over within its RTO')?.verdict).toBe('met');
  expect(found.findings.map(({ what }) => what)).toContain('Skipped');
  expect(found.points).toMatchObject({ taken: 1, states: { proven: 1 } });
});

test('a month in which nothing ran says that, as Markdown and as HTML', async () => {
  expect((await muster('report spacetime --period 2025-06')).out).toContain('# spacetime: 2025-06');
  expect((await muster('report spacetime --period 2025-06 --format html')).out).toContain('nothing was recovered');
});

test('the estate is every service that has a plan, and one whose plan cannot be read is named', async () => {
  await writeFile(join(env.MUSTER_PLANS ?? '', 'broken.yaml'), 'service: [');
  const { code, out } = await muster('report --estate --period 2026-Q1 --json');
  expect(code).toBe(0);
  const { services, unread } = estateReportSchema.parse(JSON.parse(out));
  expect([services.map(({ service }) => service), unread.map(({ service }) => service)]).toEqual([
    ['spacetime'],
    ['broken'],
  ]);
});

test('a location that is gone is named in the report, and the other one is counted', async () => {
  const [near, away] = [join(month.folder, 'near'), join(month.folder, 'near.away')];
  await rename(near, away);
  try {
    const { out } = await muster('report spacetime --period 2026-01 --format json');
    const found = periodReportSchema.parse(JSON.parse(out));
    expect(found.runs).toHaveLength(1);
    expect(found.unread.map(({ place }) => place)).toContain('near');
  } finally {
    await rename(away, near);
  }
});

test('a period is stored in every location that takes it, signed, and is no report of a run', async () => {
  const { code, err } = await muster('report spacetime --period 2026-01 --store');
  expect({ code, err }).toEqual({ code: 0, err: '' });
  for (const name of ['near', 'far']) {
    const place = join(month.folder, name, 'muster', 'spacetime', 'periods', '2026-01');
    expect((await run('sha256sum', ['-c', 'period.sha256'], { cwd: place })).stdout).toBe(
      'period.json: OK\nperiod.md: OK\nperiod.html: OK\n',
    );
    const [key, sig] = [join(month.folder, 'keys', 'signer.pub'), 'period.sha256.sig'];
    const words = ['-verify', '-pubin', '-inkey', key, '-rawin', '-in', 'period.sha256', '-sigfile', sig];
    expect((await run('openssl', ['pkeyutl', ...words], { cwd: place })).stdout).toContain('Verified Successfully');
  }
  const again = await muster('report spacetime --period 2026-01 --format json');
  expect(JSON.parse(again.out)).toMatchObject({ unread: [], runs: [{ run: report.run }] });
});

test('evidence is one archive; what it says of itself is what verify.sh finds', async () => {
  const file = join(month.folder, 'evidence.tar');
  const { code, out } = await muster(`report evidence spacetime --period 2026-01 --out ${file}`);
  expect(code).toBe(0);
  expect(out).toContain(month.signer.fingerprint);
  await run('tar', ['-xf', file, '-C', month.folder]);
  const place = join(month.folder, 'evidence-spacetime-2026-01');
  const { stdout } = await run('bash', [join(place, 'verify.sh'), '--fingerprint', month.signer.fingerprint]);
  expect(stdout).toContain('ANCHORED: that is a key which you gave.');
  expect(await readFile(join(place, 'README.md'), 'utf8')).toContain(month.signer.fingerprint);
});

test.each([
  ['report spacetime --period 2026-13', /neither a month nor a quarter.*2026-10, 2026-Q3/],
  ['report --estate', /--estate --period 2026-10/],
  ['report r-1 --store', /--store with --period/],
  ['report', /No service and no run is named/],
  ['report spacetime --estate --period 2026-10', /leave one of them out/],
  ['report spacetime --period 2026-10 --format runbook', /no report of a period/],
  ['report evidence spacetime --period 2026-10', /--period 2026-Q3 --out evidence\.tar/],
])('muster %s is refused with what to do', async (words, says) => {
  const { code, err } = await muster(words);
  expect(code).toBe(2);
  expect(err).toMatch(says);
});

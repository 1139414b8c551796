/** `muster report` of runs whose report lies in the local folder: no Temporal is needed for that. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { aFullReport } from '../domain/report/html/a-report.ts';
import { runMuster } from '../support/run-muster.ts';

const report = aFullReport();
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-report-'));
  const place = join(folder, 'reports', 'spacetime', report.run);
  await mkdir(place, { recursive: true });
  await writeFile(join(place, 'report.json'), JSON.stringify(report));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const muster = (...words: string[]) =>
  runMuster(['report', report.run, ...words], { MUSTER_REPORTS: join(folder, 'reports'), MUSTER_PLANS: folder });

test('a report is printed as HTML, or written whole to a file', async () => {
  const printed = await muster('--format', 'html');
  expect(printed.code).toBe(0);
  expect(printed.out).toMatch(/^<!doctype html>/);
  const file = join(folder, 'failover.html');
  const told = await muster('--format', 'html', '--out', file);
  expect(told).toMatchObject({ code: 0, out: `${file}: report of ${report.run}\n` });
  expect(await readFile(file, 'utf8')).toBe(printed.out);
});

test.each([
  ['md', /^# spacetime: FAILOVER/],
  ['json', /^\{\n {2}"format": 1/],
  ['runbook', /"backup_id": "20260102_024500"/],
])('as %s too', async (format, begins) => {
  expect((await muster('--format', format)).out).toMatch(begins);
});

test.each([
  ['a format that there is none of', ['--format', 'pdf'], /There is no format pdf.*--format md, html, json or runbook/],
  [
    'a folder to write to that is not there',
    ['--out', '/nowhere/at/all.html'],
    /There is no folder \/nowhere\/at.*--out/,
  ],
])('%s is refused', async (_, words, says) => {
  const { code, err } = await muster(...words);
  expect(code).toBe(2);
  expect(err).toMatch(says);
});

test('half a report in the local folder is passed over for a whole one', async () => {
  const half = join(folder, 'reports', 'another', report.run);
  await mkdir(half, { recursive: true });
  await writeFile(join(half, 'report.json'), JSON.stringify(report).slice(0, 500));
  expect(await muster('--format', 'json')).toMatchObject({ code: 0, out: expect.stringContaining(report.run) });
  await rm(join(folder, 'reports', 'spacetime'), { recursive: true });
  expect(await muster()).toMatchObject({
    code: 2,
    err: expect.stringContaining(`No report of ${report.run} was found`),
  });
});

/** The report of a month as a worker makes it: two real folders, real keys, a plan that wants the estate's too. */
import { execFile } from 'node:child_process';
import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makePeriod } from '../../../activities/reports/make-period.ts';
import { newestPeriods } from '../../../activities/reports/newest-periods.ts';
import { estateReportSchema, periodReportSchema } from '../../../domain/period/shape.ts';
import { type Estate, far, makeEstate, near } from '../../support/estate.ts';

const run = promisify(execFile);
let estate: Estate;
beforeAll(async () => {
  estate = await makeEstate();
  await estate.point(Date.parse('2026-10-20T02:00:00Z'));
  await estate.report(Date.parse('2026-10-20T02:10:00Z'));
});
afterAll(() => estate?.end());

const make = (more: object = {}) =>
  makePeriod(
    { service: 'spacetime', period: '2026-10', estate: false, ...more },
    { plans: { folder: estate.plans, overlays: [] }, reports: join(estate.plans, 'none') },
  );
const placeAt = (name: string) => join(estate.folders[name] as string, 'muster', 'spacetime', 'periods', '2026-10');
const readAt = (name: string, file: string) => readFile(join(placeAt(name), file), 'utf8');
const named = ['period.html', 'period.json', 'period.md', 'period.sha256', 'period.sha256.sig'];

/** What `sha256sum` and `openssl` say of a list of hashes and its signature. */
async function proven(name: string, list: string): Promise<string> {
  const cwd = placeAt(name);
  const key = join(estate.plans, '..', 'keys', 'signer.pub');
  const words = ['-verify', '-pubin', '-inkey', key, '-rawin', '-in', list, '-sigfile', `${list}.sig`];
  const hashes = await run('sha256sum', ['-c', list], { cwd });
  return hashes.stdout + (await run('openssl', ['pkeyutl', ...words], { cwd })).stdout;
}

test('a month is counted, signed and left in every location; a second time it is the same, and nothing more lies there', async () => {
  const made = await make();
  expect(made).toEqual({
    places: [near, far].map((name) => `${name}: spacetime/periods/2026-10/period.html`),
    missed: [],
    told: expect.stringMatching(/^\d+ of \d+ objectives met.*open finding/),
  });
  for (const name of [near, far]) {
    expect((await readdir(placeAt(name))).sort()).toEqual(named);
    expect(await proven(name, 'period.sha256')).toMatch(/period\.json: OK[\s\S]*Verified Successfully/);
  }
  const first = periodReportSchema.parse(JSON.parse(await readAt(near, 'period.json')));
  expect(first).toMatchObject({ service: 'spacetime', whole: true, points: { taken: 1 }, unread: [] });
  expect(first.runs).toHaveLength(1);
  expect(await make()).toEqual(made);
  const second = periodReportSchema.parse(JSON.parse(await readAt(near, 'period.json')));
  expect({ ...second, madeAt: first.madeAt }).toEqual(first);
  expect((await readdir(placeAt(near))).sort()).toEqual(named);
});

test('a location that is gone is named once, and the other one has it', async () => {
  const away = `${estate.folders[far]}.away`;
  await rename(estate.folders[far] as string, away);
  await writeFile(estate.folders[far] as string, 'no folder');
  try {
    const made = await make();
    expect(made.places).toEqual([`${near}: spacetime/periods/2026-10/period.html`]);
    expect(made.missed).toEqual([expect.stringMatching(new RegExp(`^${far}: `))]);
    expect(made.told).toContain('could not be read whole');
  } finally {
    await run('rm', [estate.folders[far] as string]);
    await rename(away, estate.folders[far] as string);
  }
});

test('the estate lies beside it where the plan wants that, signed, with a service that cannot be read named', async () => {
  const broken = join(estate.plans, 'broken.yaml');
  await writeFile(broken, 'service: [');
  const made = await make({ estate: true });
  await run('rm', [broken]);
  expect(made.missed).toEqual([]);
  expect(made.places).toContain(`${far}: spacetime/periods/2026-10/estate.html`);
  expect(made.told).toMatch(/nothing can be said of broken$/);
  expect(await proven(far, 'estate.sha256')).toMatch(/estate\.json: OK[\s\S]*Verified Successfully/);
  const { services, unread } = estateReportSchema.parse(JSON.parse(await readAt(far, 'estate.json')));
  expect([services.map(({ service }) => service), unread.map(({ service }) => service)]).toEqual([
    ['spacetime'],
    ['broken'],
  ]);
  expect(await readAt(far, 'estate.html')).toContain('spacetime');
});

test('the newest of each kind says when it was left, and an older one that is made anew does not', async () => {
  const before = Date.now();
  await make({ period: '2026-Q3' });
  const seen = () => newestPeriods(Object.values(estate.stores), 'spacetime');
  const { month = 0, quarter = 0 } = await seen();
  expect(quarter).toBeGreaterThanOrEqual(before - 1_000);
  expect(month).toBeLessThan(quarter);
  await make({ period: '2026-08' });
  await make({ period: '2026-Q2' });
  expect(await seen()).toEqual({ month, quarter });
  await run('rm', ['-r', ...['2026-08', '2026-Q2', '2026-Q3'].map((each) => join(placeAt(near), '..', each))]);
  expect(await seen()).toEqual({ month, quarter: expect.any(Number) });
  expect(await newestPeriods([], 'spacetime')).toEqual({});
});

test('a key that the plan does not pin signs nothing, and nothing is left', async () => {
  const pinned = join(estate.plans, '..', 'keys', 'signer.pub');
  const pem = await readFile(pinned, 'utf8');
  await run('openssl', ['genpkey', '-algorithm', 'ed25519', '-out', `${pinned}.other`]);
  await run('openssl', ['pkey', '-in', `${pinned}.other`, '-pubout', '-out', pinned]);
  try {
    await expect(make({ period: '2026-09' })).rejects.toMatchObject({ type: 'SignerUnknown' });
    expect(await readdir(join(placeAt(near), '..'))).toEqual(['2026-10']);
  } finally {
    await writeFile(pinned, pem);
  }
});

/** `muster verify`: the table, the document and the exit status of a look at recovery points. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Verification } from '../../domain/points/verification.ts';
import { act, openRange, type Range } from './fixtures/range.ts';

let range: Range;
beforeAll(async () => {
  range = await openRange();
  await range.startWorkers();
}, 120_000);
afterAll(() => range?.close());

const look = {
  point: '20260102_031500',
  location: 'company-backups',
  objects: 12,
  bytes: 5_000_000,
  bad: 0,
  mended: 0,
};
const good: Verification = {
  ...{ outcome: '1 good', summary: '1 recovery point looked at: 1 good.', points: 1 },
  ...{
    looks: [{ ...look, state: 'good' }],
    findings: [],
    findingsLeftOut: 0,
    quarantined: [],
    released: [],
    notes: [],
  },
};
const lost: Verification = {
  ...good,
  outcome: '20260102_031500 quarantined',
  looks: [{ ...look, state: 'damaged', bad: 1 }],
  findings: [
    {
      ...{
        point: '20260102_031500',
        location: 'company-backups',
        object: 'a/key',
        what: 'archive 3 of tree, part 1 of 2',
      },
      ...{ why: 'has other bytes', outcome: 'lost' },
    },
  ],
  quarantined: [{ point: '20260102_031500', lost: ['archive 3 of tree (12 files and folders)'] }],
};
const serviceThatFinds = (output: Verification) =>
  range.service({ items: [{ type: 'stage', title: 'Look', ranks: [[act('verify-points', { output })]] }] });

test('prints what was checked where, and exits 0 when all of it is good', async () => {
  const { code, out } = await range.muster(`verify ${await serviceThatFinds(good)}`);
  expect(out).toMatch(/20260102_031500\s+company-backups\s+good\s+12\s+5\.0 MB/);
  expect(out).toContain('1 recovery point looked at');
  expect(code).toBe(0);
});

test('names what is lost, and exits 8', async () => {
  const { code, out } = await range.muster(`verify ${await serviceThatFinds(lost)} 20260102_031500`);
  expect(out).toContain(
    'LOST 20260102_031500 at company-backups: archive 3 of tree, part 1 of 2 has other bytes: a/key',
  );
  expect(out).toContain('QUARANTINED 20260102_031500: lost archive 3 of tree (12 files and folders)');
  expect(code).toBe(8);
});

test('prints one document with --json', async () => {
  const service = await serviceThatFinds(lost);
  const answer = await range.muster(`verify ${service} --json`);
  expect(answer.json()).toEqual({ service, ...lost });
  expect(answer.code).toBe(8);
});

test('restores into a scratch place with --full, as a run of its own', async () => {
  const service = await serviceThatFinds({ ...good, outcome: 'proven', summary: 'It is proven.' });
  const { code, out } = await range.muster(`verify ${service} --full --at us-east-1 --host db`);
  expect(out).toContain('It is proven.');
  expect(out).toMatch(new RegExp(`${service}%2Ftest-restore`));
  expect(code).toBe(0);
  expect(await range.muster(`verify ${service} --full --all`)).toMatchObject({ code: 2 });
});

test('refuses a location that the plan does not have, and a point beside --all', async () => {
  const service = await serviceThatFinds(good);
  expect(await range.muster(`verify ${service} --location nowhere`)).toMatchObject({
    code: 2,
    err: expect.stringContaining('nowhere'),
  });
  expect(await range.muster(`verify ${service} 20260102_031500 --all`)).toMatchObject({ code: 2 });
  expect(await range.muster(`verify ${service} --days 1`)).toMatchObject({ code: 2 });
});

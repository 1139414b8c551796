/**
 * A bundle of evidence, and `verify.sh` in bash against everything that somebody could do to it: it must be BAD then, and say what is wrong.
 * The last of them are by somebody who makes the list anew, with a key of their own or without one.
 */
import { execFile } from 'node:child_process';
import { generateKeyPairSync, sign } from 'node:crypto';
import { appendFile, cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { bundle } from '../../../activities/evidence/bundle.ts';
import { type Evidence, gatherEvidence } from '../../../activities/evidence/gather.ts';
import { sha256Of } from '../../../activities/points/signer.ts';
import { periodNamed } from '../../../domain/period/period.ts';
import { layout } from '../../../domain/points/recovery-point.ts';
import { aMonth, type Month, pointId, report } from './a-month.ts';

const run = promisify(execFile);
const name = 'evidence-spacetime-2026-01';
let month: Month;
let evidence: Evidence;
let archive: string;
let whole: string;
/** A copy of the bundle, to do things to. */
let place: string;

beforeAll(async () => {
  month = await aMonth();
  evidence = await gather();
  archive = join(month.folder, 'evidence.tar');
  await writeFile(archive, await bundle(evidence.files, name, new Date('2026-02-01T00:00:00Z'), month.signer));
  whole = await mkdtemp(join(tmpdir(), 'muster-whole-'));
  await run('tar', ['-xf', archive, '-C', whole]);
}, 120_000);
afterAll(async () => {
  await month?.end();
  if (whole) await rm(whole, { recursive: true, force: true });
});
beforeEach(async () => {
  if (place) await rm(place, { recursive: true, force: true });
  place = await mkdtemp(join(tmpdir(), 'muster-bundle-'));
  await cp(join(whole, name), place, { recursive: true });
});

async function gather(more: { folder?: string } = {}): Promise<Evidence> {
  const { plan, folder, stores } = month;
  const loaded = { plan, sha256: 'ab'.repeat(32), files: [], positionOf: () => '' };
  const sources = { stores, unreachable: [], planFolder: folder, now: Date.parse('2026-02-01T00:00:00Z'), ...more };
  return await gatherEvidence(loaded, periodNamed('2026-01'), sources);
}

async function verify(...words: string[]): Promise<{ code: number; out: string }> {
  return await run('bash', [join(place, 'verify.sh'), ...words]).then(
    ({ stdout, stderr }) => ({ code: 0, out: stdout + stderr }),
    ({ code, stdout, stderr }) => ({ code, out: stdout + stderr }),
  );
}

const anchored = () => verify('--fingerprint', month.signer.fingerprint);
const path = (file: string) => join(place, file);
const change = async (file: string) => await appendFile(path(file), ' ');
const drop = async (file: string) => await rm(path(file), { recursive: true });
const one = async (folder: string, end = '.json') =>
  `${folder}/${(await readdir(path(folder))).find((each) => each.endsWith(end))}`;

/** The list as it would be for what lies there now. */
async function listAnew(): Promise<Buffer> {
  const all = (await readdir(place, { recursive: true, withFileTypes: true }))
    .filter((each) => each.isFile() && !each.name.startsWith('CONTENTS.'))
    .map((each) => join(each.parentPath, each.name).slice(place.length + 1))
    .toSorted();
  const lines = await Promise.all(all.map(async (file) => `${sha256Of(await readFile(path(file)))}  ${file}\n`));
  const list = Buffer.from(lines.join(''));
  await writeFile(path('CONTENTS.sha256'), list);
  return list;
}

describe('a bundle as it was made', () => {
  test('has the reports, the point, its marks, the audit log, the approval, the plan and the keys', () => {
    const files = Object.keys(evidence.files);
    for (const file of ['report.json', 'report.md', 'report.html', 'report.sha256', 'report.sha256.sig'])
      expect(files).toContain(`reports/${report.run}/${file}`);
    expect(files).toContain(`points/${pointId}/manifest.json.sig`);
    const count = (shape: RegExp) => files.filter((file) => shape.test(file)).length;
    expect([count(/^marks\/.*\.json$/), count(/^audit\/.*\.json$/), count(/^approvals\/.*\.bytes$/)]).toEqual([
      1, 4, 1,
    ]);
    expect(count(/^signers\/.*\.pub$/)).toBe(1);
    expect(evidence).toMatchObject({ unsigned: [], leftOut: [] });
  });

  test('is good, and anchored where the key is given by its hash or as a file', async () => {
    expect(await anchored()).toMatchObject({ code: 0, out: expect.stringContaining('ANCHORED') });
    const file = join(month.folder, 'keys', 'signer.pub');
    expect(await verify('--signer', file)).toMatchObject({ code: 0 });
  });

  test('is good without a key, but says what has to be compared, and does not end as if it were proven', async () => {
    const { code, out } = await verify();
    expect(code).toBe(3);
    expect(out).toContain('NOT ANCHORED');
    expect(out).toContain(month.signer.fingerprint);
  });

  test('is read out of the archive as well, and holds no secret', async () => {
    expect(await verify('--fingerprint', month.signer.fingerprint, archive)).toMatchObject({ code: 0 });
    expect((await readFile(archive)).includes('PRIVATE KEY')).toBe(false);
  });
});

describe('is BAD', () => {
  test.each<[string, () => Promise<unknown>, RegExp]>([
    ['when a report is changed', () => change(`reports/${report.run}/report.html`), /CHANGED reports.*report\.html/],
    ['when the plan is changed', () => change('plan.json'), /CHANGED plan\.json/],
    ['when a report is missing', () => drop(`reports/${report.run}`), /MISSING reports.*report\.json/],
    ['when a mark is missing', async () => drop(await one(`marks/${pointId}`)), /MISSING marks/],
    [
      'when a signature is missing',
      () => drop(`reports/${report.run}/report.sha256.sig`),
      /MISSING .*report\.sha256\.sig/,
    ],
    [
      'when a file is there that nobody named',
      () => writeFile(path('reports/more.json'), '{}'),
      /EXTRA reports\/more\.json/,
    ],
    ['when a hidden one is', () => writeFile(path('audit/.more'), ''), /EXTRA audit\/\.more/],
    ['when a link is', () => symlink('/etc/passwd', path('more')), /EXTRA more, a link/],
    [
      'when a file became a link to the same',
      async () => {
        await drop('README.md');
        await symlink(join(whole, name, 'README.md'), path('README.md'));
      },
      /MISSING README\.md/,
    ],
    ['when the list is edited', () => change('CONTENTS.sha256'), /CHANGED CONTENTS\.sha256: its signature fits no key/],
    [
      'when a line is taken out of the list',
      async () => {
        await drop('period.md');
        await listAnew();
      },
      /CHANGED CONTENTS\.sha256/,
    ],
    ['when the list is gone', () => drop('CONTENTS.sha256'), /MISSING CONTENTS\.sha256/],
    ["when the list's signature is gone", () => drop('CONTENTS.sha256.sig'), /MISSING CONTENTS\.sha256\.sig/],
    [
      "when the list's signature is empty",
      () => writeFile(path('CONTENTS.sha256.sig'), ''),
      /its signature fits no key/,
    ],
    [
      'when it is stripped to nothing but an empty list',
      async () => {
        await strip();
        await listAnew();
      },
      /MISSING signers/,
    ],
    ['when the keys are gone', () => drop('signers'), /MISSING signers/],
    [
      'when the list leads out of the bundle',
      () => appendFile(path('CONTENTS.sha256'), `${'a'.repeat(64)}  ../x\n`),
      /names no file of the bundle/,
    ],
  ])('%s', async (_, tamper, says) => {
    await tamper();
    const { code, out } = await anchored();
    expect(out).toMatch(says);
    expect(out).toMatch(/^BAD: \d+ things are wrong/m);
    expect(code).toBe(1);
  });

  test('when the key that was given is another one', async () => {
    const { code, out } = await verify('--fingerprint', 'ab'.repeat(32));
    expect(code).toBe(1);
    expect(out).toContain('none of those that you gave');
  });

  async function strip() {
    for (const each of await readdir(place)) if (each !== 'verify.sh') await drop(each);
  }
});

describe('by somebody who makes the list anew and signs it', () => {
  const own = generateKeyPairSync('ed25519');
  /** With a key of their own among the signers, or with the real one: whoever gathered it may have left something out. */
  const relist = async (real: boolean) => {
    if (!real) {
      const [key] = await readdir(path('signers'));
      await writeFile(path(`signers/${key}`), own.publicKey.export({ type: 'spki', format: 'pem' }));
    }
    const list = await listAnew();
    await writeFile(path('CONTENTS.sha256.sig'), real ? month.signer.sign(list) : sign(null, list, own.privateKey));
  };

  test('a bundle of their own key is not the one whose key was given, and never ends with 0', async () => {
    await relist(false);
    expect((await anchored()).code).toBe(1);
    expect((await verify()).code).not.toBe(0);
  });

  test.each<[string, () => Promise<unknown>, RegExp]>([
    [
      'a report whose signature is left out',
      () => drop(`reports/${report.run}/report.sha256.sig`),
      /UNSIGNED .*report\.sha256\.sig is missing/,
    ],
    [
      'a report without list and signature',
      async () => {
        await drop(`reports/${report.run}/report.sha256`);
        await drop(`reports/${report.run}/report.sha256.sig`);
      },
      /UNSIGNED/,
    ],
    [
      'a report that is not what its own list says',
      () => change(`reports/${report.run}/report.md`),
      /UNSIGNED .*report\.md: it is not what/,
    ],
    [
      'a report of which only pictures are left',
      () => drop(`reports/${report.run}/report.json`),
      /UNSIGNED .*there is no report\.json/,
    ],
    [
      'a manifest without a signature',
      () => drop(`points/${pointId}/manifest.json.sig`),
      /UNSIGNED points.*is missing/,
    ],
    [
      'a manifest that was changed',
      () => change(`points/${pointId}/manifest.json`),
      /UNSIGNED points.*no key of the bundle/,
    ],
    ['a mark that was changed', async () => change(await one(`marks/${pointId}`)), /UNSIGNED marks/],
    [
      'an entry of the audit log taken out',
      async () => dropEntry('-00003.json'),
      /AUDIT LOG NOT WHOLE: .* has no entry before 4/,
    ],
    [
      'an entry of the audit log changed',
      async () => change(await one('audit', '-00002.json')),
      /UNSIGNED audit.*\n(.*\n)*.*AUDIT LOG NOT WHOLE: entry 3/,
    ],
    [
      'an approval that says something else',
      async () => change(await one('approvals', '.bytes')),
      /UNSIGNED approvals.*dana did not sign it/,
    ],
    [
      'an approval by somebody else',
      async () => writeFile(path(await one('approvals', '.who')), 'eli\n'),
      /eli did not sign it/,
    ],
    ['an approval without its signature', async () => drop(await one('approvals', '.sig')), /UNSIGNED approvals/],
    ['a bundle without its account of what is unsigned', () => drop('unsigned.txt'), /MISSING unsigned\.txt/],
  ])('%s is BAD though the real key signed the list', async (_, tamper, says) => {
    await tamper();
    await relist(true);
    const { code, out } = await anchored();
    expect(out).toMatch(says);
    expect(code).toBe(1);
  });

  async function dropEntry(end: string) {
    const entry = await one('audit', end);
    await drop(entry);
    await drop(`${entry}.sig`);
  }
});

test('a report that never had a signature is named as that, by the bundle and by verify.sh, and is no reason for BAD', async () => {
  const [near, far] = month.stores;
  for (const store of [near, far]) await store?.delete(`spacetime/reports/${report.run}/report.sha256.sig`);
  const without = await gather();
  expect(without.unsigned).toEqual([`reports/${report.run}`]);
  expect(Object.keys(without.files)).not.toContain(`reports/${report.run}/report.sha256`);
  const tar = join(month.folder, 'unsigned.tar');
  await writeFile(tar, await bundle(without.files, name, new Date(0), month.signer));
  const { code, out } = await verify('--fingerprint', month.signer.fingerprint, tar);
  expect(out).toContain(`reports/${report.run} was not signed where it lay`);
  expect(out).toContain('left out: signature of the report');
  expect(code).toBe(0);
});

test('what no pinned signer signed is left out and named, and a place that does not answer is too', async () => {
  const [near] = month.stores;
  if (!near) throw new Error('there is no store');
  const manifest = `spacetime/points/${pointId}/manifest.json.sig`;
  await near.put(manifest, Buffer.alloc(64));
  const { leftOut, files } = await gather();
  expect(leftOut).toContainEqual(`point ${pointId} at near: no pinned signer signed its manifest`);
  expect(Object.keys(files)).toContain(`points/${pointId}/manifest.json`);
});

test('a mark that was changed is named, since it may have said that the point is bad', async () => {
  const folder = layout.marks('spacetime', pointId);
  const changed: string[] = [];
  for (const store of month.stores)
    for await (const { key } of store.list(folder)) {
      const { body } = await store.get(key);
      await store.delete(key);
      await store.put(key, Buffer.from(body.toString().replace('proven', 'broken')));
      changed.push(
        `marks/${pointId}/${key.slice(folder.length)} at ${store.location}: no pinned signer signed it as it is`,
      );
    }
  expect(changed).toHaveLength(2);
  const { leftOut, files } = await gather();
  expect(leftOut).toEqual(expect.arrayContaining(changed));
  expect(Object.keys(files).filter((file) => file.startsWith('marks/'))).toEqual([]);
});

test('the log of a run that has ended without an entry that says so is named, since its last entries leave no gap', async () => {
  const last = async (store: (typeof month.stores)[number]) => {
    const keys: string[] = [];
    for await (const { key } of store.list('spacetime/audit/')) keys.push(key);
    return keys.toSorted().at(-1);
  };
  expect((await gather()).leftOut.join()).not.toContain('what came last is missing');
  for (const store of month.stores) {
    const key = await last(store);
    if (key) await store.delete(key);
  }
  expect((await gather()).leftOut).toContainEqual(
    `audit log of ${report.run}: the run has ended and no entry says so, so what came last is missing`,
  );
});

test('what cannot be read in the local folder is named, and the rest is gathered', async () => {
  const folder = join(month.folder, 'local');
  await mkdir(join(folder, 'spacetime', report.run, 'report.html'), { recursive: true });
  const { leftOut, files } = await gather({ folder });
  expect(leftOut).toContainEqual(expect.stringMatching(`^report of ${report.run} at the local folder: EISDIR`));
  expect(Object.keys(files)).toContain(`reports/${report.run}/report.json`);
});

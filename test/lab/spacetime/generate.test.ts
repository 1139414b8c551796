/** SpaceTime's data: the same each time, of the size asked for, and with everything that backups get wrong. */
import { createHash } from 'node:crypto';
import { lstatSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { generate } from '../../../lab/spacetime/generate.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'generate-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

test('the same arguments give the same bytes, another seed gives others', () => {
  const size = { files: 300, megabytes: 3 };
  for (const [name, seed] of Object.entries({ one: 1, two: 1, other: 2 })) generate(join(dir, name), { ...size, seed });
  expect(digest(join(dir, 'one'))).toEqual(digest(join(dir, 'two')));
  expect(digest(join(dir, 'one'))).not.toEqual(digest(join(dir, 'other')));
});

test('number and size are as asked for', () => {
  const made = generate(join(dir, 'data'), { files: 1200, megabytes: 20 });
  const files = readdirSync(join(dir, 'data'), { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
  expect(files.filter(({ name }) => /\.(json|tex|pck)$/.test(name) && name !== 'catalogue.json')).toHaveLength(1200);
  expect(made.bytes).toBeGreaterThan(18_000_000);
  expect(made.bytes).toBeLessThan(22_000_000);
});

test('links, odd names, modes and empty directories are there', () => {
  generate(dir, { files: 50, megabytes: 1 });
  expect(statSync(join(dir, 'linked.bin')).nlink).toBe(3);
  expect(readlinkSync(join(dir, 'dangling-link'))).toBe('nowhere');
  expect(lstatSync(join(dir, 'absolute-link')).isSymbolicLink()).toBe(true);
  expect(readdirSync(join(dir, 'odd names'))).toContain('line\nbreak.txt');
  expect(statSync(join(dir, 'sealed.bin')).mode & 0o777).toBe(0o440);
  expect(readdirSync(join(dir, 'empty', 'emptier'))).toEqual([]);
});

function digest(root: string): string {
  const hash = createHash('sha256');
  const paths = (readdirSync(root, { recursive: true }) as string[]).sort();
  for (const path of paths) {
    const found = lstatSync(join(root, path));
    hash.update(`${path}\0${found.mode}\0`);
    if (found.isFile()) hash.update(readFileSync(join(root, path)));
  }
  return hash.digest('hex');
}

/** How a listing becomes archives: rules that hold for any listing, hostile names included. */
import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const script = (name: string) => fileURLToPath(new URL(`../../../activities/archives/jobs/${name}`, import.meta.url));
const limit = 1_000;
const most = 20;

interface Entry {
  readonly type: string;
  readonly size: number;
  readonly inode: number;
  readonly links: number;
  readonly name: string;
}

/** As the capture script's find prints it, in latin1 so that any byte goes through. */
function listing(entries: readonly Entry[]): string {
  return entries
    .map(({ type, size, inode, links, name }) => {
      const fields = [type, '644', 0, 0, 'root', 'root', '1.5', '2.5', size, 7, links, inode, `./${name}`];
      return `${fields.join('\t')}\0${type === 'l' ? 'target\n' : ''}\0`;
    })
    .join('');
}

async function group(text: string): Promise<{ said: string; archives: Map<number, string[]> }> {
  const folder = await mkdtemp(join(tmpdir(), 'muster-group-'));
  await writeFile(join(folder, 'listing'), text, 'latin1');
  const args = [
    '-v',
    `limit=${limit}`,
    '-v',
    `most=${most}`,
    '-v',
    `out=${folder}`,
    '-f',
    script('path.awk'),
    '-f',
    script('group.awk'),
    join(folder, 'listing'),
  ];
  const child = spawn('awk', args, { env: { PATH: process.env.PATH, LC_ALL: 'C' } });
  let said = '';
  child.stdout.on('data', (chunk) => {
    said += chunk;
  });
  expect(await new Promise((done) => child.once('close', done))).toBe(0);
  const archives = new Map<number, string[]>();
  for (const name of (await readdir(folder)).filter((each) => each.startsWith('names.'))) {
    const names = (await readFile(join(folder, name), 'latin1')).split('\0').slice(0, -1);
    const lists = (await readFile(join(folder, name.replace('names', 'list')), 'latin1')).split('\0').slice(0, -1);
    expect(lists.length).toBe(names.length * 2);
    archives.set(Number(name.slice(6)), names);
  }
  await rm(folder, { recursive: true });
  return { said: said.trim(), archives };
}

const nameBytes = fc
  .uint8Array({ minLength: 1, maxLength: 12 })
  .map((bytes) => Buffer.from(bytes.map((byte) => (byte === 0 || byte === 47 ? 10 : byte))).toString('latin1'));
const entry = fc.record({
  type: fc.constantFrom('f', 'f', 'f', 'd', 'l', 'p'),
  size: fc.oneof(fc.integer({ min: 0, max: 400 }), fc.integer({ min: 0, max: 3_000 })),
  inode: fc.integer({ min: 1, max: 15 }),
  name: nameBytes,
});

describe('grouping a listing into archives', () => {
  it('takes every entry once, folders into archive 0, an inode into one archive, and keeps the limits', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(entry, { maxLength: 80 }), async (drawn) => {
        const sizes = new Map<number, number>();
        const entries = drawn.map((each, n): Entry => {
          // Links of one inode have one size.
          const size = sizes.get(each.inode) ?? each.size;
          sizes.set(each.inode, size);
          return { ...each, size, links: each.type === 'f' ? 2 : 1, name: `${n}-${each.name}` };
        });
        const { archives, said } = await group(listing(entries));
        const byName = new Map(entries.map((each) => [`./${each.name}`, each]));
        expect([...archives.values()].flat().sort()).toEqual([...byName.keys()].sort());
        const home = new Map<number, number>();
        for (const [number, names] of archives) {
          const inodes = new Map<number, number>();
          for (const name of names) {
            const each = byName.get(name) as Entry;
            expect(each.type === 'd').toBe(number === 0);
            if (each.type !== 'f') continue;
            expect(home.get(each.inode) ?? number).toBe(number);
            home.set(each.inode, number);
            inodes.set(each.inode, each.size);
          }
          const bytes = [...inodes.values()].reduce((sum, size) => sum + size, 0);
          if (number > 0 && inodes.size > 1) expect(bytes).toBeLessThanOrEqual(limit);
        }
        const numbers = [...archives.keys()].filter((number) => number > 0).sort((a, b) => a - b);
        expect(numbers).toEqual(numbers.map((_, n) => n + 1));
        expect(said.split(' ').slice(0, 2)).toEqual([String(numbers.length), String(entries.length)]);
      }),
      { numRuns: 60 },
    );
  });
});

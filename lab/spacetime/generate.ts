/**
 * Writes SpaceTime's data files, the awkward ones included. Runs on the app host itself, so that nothing has to travel.
 *
 *   node generate.ts DIRECTORY --files 20000 --megabytes 150 [--seed 1]
 *
 * The same arguments give the same bytes. Prints `{ files, bytes, xattr }` as one line of JSON.
 */
import { execFileSync } from 'node:child_process';
import { createCipheriv, createHash } from 'node:crypto';
import { chmodSync, linkSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

export type Generated = { files: number; bytes: number; xattr: boolean };

/** Half of the bytes compress like telemetry, half do not compress at all, as textures. Most files are small. */
export function generate(directory: string, size: { files: number; megabytes: number; seed?: number }): Generated {
  const random = createRandom(size.seed ?? 1);
  const total = size.megabytes * 1_000_000;
  const large = Math.max(1, Math.min(8, Math.floor(size.megabytes / 20)));
  const small = Math.max(1, size.files - large);
  const largeBytes = Math.floor((total * 0.4) / large);
  const average = Math.floor((total - largeBytes * large) / small);
  let bytes = 0;
  mkdirSync(directory, { recursive: true });
  for (let index = 0; index < large; index += 1) {
    const path = join(directory, `world-${index}.pck`);
    const body = random.noise(largeBytes);
    writeFileSync(path, body);
    bytes += body.length;
  }
  for (let index = 0; index < small; index += 1) {
    const folder = join(directory, `sector-${String(index % 97).padStart(2, '0')}`, `cell-${index % 13}`);
    if (index < 97 * 13) mkdirSync(folder, { recursive: true });
    // Sizes from nothing to twice the average; every 500th file is empty.
    const length = index % 500 === 499 ? 0 : Math.floor(average * 2 * random.share());
    const body = index % 2 ? random.noise(length) : random.telemetry(index, length);
    const path = join(folder, `${index}.${index % 2 ? 'tex' : 'json'}`);
    writeFileSync(path, body);
    if (index % 50 === 0) utimesSync(path, 1_700_000_000 + index, 1_700_000_000 + index);
    bytes += body.length;
  }
  const xattr = awkward(directory);
  writeFileSync(
    join(directory, 'catalogue.json'),
    `${JSON.stringify({ files: size.files, bytes, seed: size.seed ?? 1 })}\n`,
  );
  return { files: size.files, bytes, xattr };
}

/** What backups get wrong: names, links, empty directories, modes, extended attributes. False when those are not to be had. */
function awkward(directory: string): boolean {
  const odd = join(directory, 'odd names');
  mkdirSync(odd, { recursive: true });
  const names = [
    'two words.txt',
    'línea-日本-🛰.txt',
    'line\nbreak.txt',
    '-dash',
    'quote\'"`$(true).txt',
    ' leading',
    '#!%2f*?[x]',
  ];
  for (const name of names) writeFileSync(join(odd, name), `the file called ${JSON.stringify(name)}\n`);
  mkdirSync(join(directory, 'empty', 'emptier'), { recursive: true });
  chmodSync(join(directory, 'empty', 'emptier'), 0o700);
  const original = join(directory, 'linked.bin');
  writeFileSync(original, 'one inode, three names\n');
  linkSync(original, join(directory, 'linked-again.bin'));
  linkSync(original, join(odd, 'linked elsewhere.bin'));
  symlinkSync('linked.bin', join(directory, 'relative-link'));
  symlinkSync('/opt/spacetime/production/project.godot', join(directory, 'absolute-link'));
  symlinkSync('nowhere', join(directory, 'dangling-link'));
  writeFileSync(join(directory, 'tool.sh'), '#!/bin/sh\necho ready\n', { mode: 0o750 });
  writeFileSync(join(directory, 'sealed.bin'), 'read only\n', { mode: 0o440 });
  utimesSync(join(directory, 'sealed.bin'), 981_173_106, 981_173_106.123);
  try {
    execFileSync('setfattr', ['-n', 'user.spacetime.origin', '-v', 'sector 7', original], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** A keystream as the source of everything, so that content is fast to make and always the same. */
function createRandom(seed: number) {
  const key = createHash('sha256').update(`spacetime ${seed}`).digest();
  const cipher = createCipheriv('aes-256-ctr', key, Buffer.alloc(16));
  const noise = (length: number) => cipher.update(Buffer.alloc(length));
  const share = () => noise(4).readUInt32LE() / 2 ** 32;
  // Lines are made once and cut out at a place of each file's own: making them anew costs more than writing them.
  const lines: string[] = [];
  for (let made = 0; made < 4_000_000; made += lines.at(-1)?.length ?? 1) {
    const [x, y, z] = noise(3);
    lines.push(`{"tick":${lines.length},"at":[${x},${y},${z}],"state":"steady","units":"m"}\n`);
  }
  const pool = Buffer.from(lines.join(''));
  const telemetry = (cell: number, length: number) => {
    const head = Buffer.from(`{"cell":${cell}}\n`);
    if (length > pool.length) return Buffer.alloc(length, pool);
    const from = Math.floor(share() * (pool.length - length));
    return Buffer.concat([head, pool.subarray(from, from + length)]).subarray(0, length);
  };
  return { noise, share, telemetry };
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      files: { type: 'string', default: '20000' },
      megabytes: { type: 'string', default: '150' },
      seed: { type: 'string', default: '1' },
    },
  });
  const [directory] = positionals;
  if (!directory) throw new Error('Give the directory to write into.');
  const size = { files: Number(values.files), megabytes: Number(values.megabytes), seed: Number(values.seed) };
  console.log(JSON.stringify(generate(directory, size)));
}

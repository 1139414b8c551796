/** Trees for the benchmarks. Every byte of them is unlike the others, so that nobody wins by finding the same block twice. */
import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** 20,000 small and middling files and three large ones; half of the bytes do not compress. Answers the bytes. */
export async function makeTree(root: string, gb: number): Promise<number> {
  const script = `
    cd "$1"; kib=$2; files=20000; small=$((kib * 512 / files)); large=$((kib / 6 * 1024))
    for d in $(seq 0 199); do
      mkdir d$d
      if [ $((d % 2)) = 0 ]; then noise $d $((small * 100)); else text $d $((small * 100)); fi | (cd d$d && split -a 3 -d -b $small - f)
    done
    noise a $large > large-1
    text 300 $large > large-2
    { noise b $((large / 2)); text 400 $((large / 2)); } > large-3`;
  return await make(root, script, String(Math.round(gb * 1024 * 1024)));
}

/** So many files of 1 to 4 KiB in folders of 1,000. Answers the bytes. */
export async function makeManyFiles(root: string, files: number): Promise<number> {
  const script = `
    cd "$1"
    for d in $(seq 0 $(($2 / 1000 - 1))); do
      mkdir d$d
      noise $d $((1000 * (1024 + d % 4 * 1024))) | (cd d$d && split -a 3 -d -b $((1024 + d % 4 * 1024)) - f)
    done`;
  return await make(root, script, String(files));
}

async function make(root: string, script: string, size: string): Promise<number> {
  await mkdir(root, { recursive: true });
  const helpers = `
    set -euo pipefail
    noise() { { openssl enc -aes-128-ctr -K "$(printf %s "$1" | sha256sum | head -c 32)" -iv 0 -nosalt -in /dev/zero 2>/dev/null || true; } | head -c "$2"; }
    text() { { seq "$(($1 * 100000000 + 1))" "$(($1 * 100000000 + 90000000))" || true; } 2>/dev/null | head -c "$2"; }`;
  await run('bash', ['-c', `${helpers}\nset +o pipefail\n${script}`, 'make', root, size], { maxBuffer: 1 << 24 });
  const { stdout } = await run('du', ['-sb', root]);
  return Number(stdout.split('\t')[0]);
}

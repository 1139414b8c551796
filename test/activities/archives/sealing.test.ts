/** A part comes out of its envelope as it went in, with perl on the host and without; what was changed does not come out. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const parts = new URL('../../../activities/archives/jobs/parts.sh', import.meta.url).pathname;
const hosts = {
  perl: '',
  'no perl': 'command() { [[ $2 != perl ]] && builtin command "$@"; };',
};

let job: string;
beforeAll(async () => {
  job = await mkdtemp(join(tmpdir(), 'muster-sealing-'));
  await mkdir(join(job, 'params'));
  const certificate = join(job, 'params/certificate.pem');
  const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  await run('openssl', [...request, '-subj', '/CN=point', '-keyout', join(job, 'key'), '-out', certificate]);
});
afterAll(async () => {
  await rm(job, { recursive: true, force: true });
  await rm(`/dev/shm/muster${job.replaceAll('/', '_')}`, { recursive: true, force: true });
});

async function shell(script: string): Promise<Buffer> {
  const text = `set -euo pipefail; source "$1"; secret() { cat "$MUSTER_JOB/key"; }; ${script}`;
  const env = { ...process.env, MUSTER_JOB: job };
  const { stdout } = await run('bash', ['-c', text, 'sh', parts], { env, encoding: 'buffer', maxBuffer: 1 << 26 });
  return stdout;
}

const seal = () => shell('(seal_part "$MUSTER_JOB/part" <"$MUSTER_JOB/clear")');
/** Leaves the part's ciphertext in `ciphertext`, and the rest in `ciphertext.around`; the status is 64 where it is of another form. */
const takenApart = () =>
  shell(`status=0; cp "$MUSTER_JOB/part" "$MUSTER_JOB/ciphertext"
    perl -w "\${1%/*}/message.pl" "$MUSTER_JOB/ciphertext" true || status=$?; echo "$status"`);

/** Octet strings of these sizes, over and over until all is in one. */
function inPieces(bytes: Buffer, sizes: readonly number[]): Buffer {
  const pieces: Buffer[] = [];
  for (let at = 0, n = 0; at < bytes.length; n += 1) {
    const piece = bytes.subarray(at, at + (sizes[n % sizes.length] as number));
    const length = Buffer.alloc(4);
    length.writeUInt32BE(piece.length);
    const octets = length.subarray(length.findIndex((byte) => byte !== 0));
    pieces.push(Buffer.from(piece.length < 128 ? [4, piece.length] : [4, 128 + octets.length, ...octets]), piece);
    at += piece.length;
  }
  return Buffer.concat(pieces);
}

describe.each(Object.entries(hosts))('on a host with %s, a part', (_, host) => {
  const unseal = () => shell(`${host} unseal_part 20260102_000000 "$MUSTER_JOB/part"`);

  it.each([1, 100, 127, 128, 255, 256, 4_095, 4_096, 4_097, 65_536, 3_000_000])(
    'of %i bytes comes back',
    async (size) => {
      const clear = randomBytes(size);
      await writeFile(join(job, 'clear'), clear);
      await seal();
      expect(`${await takenApart()}`).toBe('0\n');
      expect((await unseal()).equals(clear)).toBe(true);
    },
  );

  it('is refused when a byte of it was changed, or when it is cut', async () => {
    await writeFile(join(job, 'clear'), randomBytes(100_000));
    await seal();
    const good = await readFile(join(job, 'part'));
    for (const at of [50_000, good.length - 20]) {
      const bad = Buffer.from(good);
      bad[at] = (bad[at] as number) ^ 1;
      await writeFile(join(job, 'part'), bad);
      await expect(unseal()).rejects.toThrow();
    }
    await writeFile(join(job, 'part'), good.subarray(0, 60_000));
    await expect(unseal()).rejects.toThrow();
  });

  it('is refused with a key that is not its own, however large it is', async () => {
    await writeFile(join(job, 'clear'), randomBytes(6_000_000));
    await seal();
    await run('openssl', ['ecparam', '-genkey', '-name', 'prime256v1', '-noout', '-out', join(job, 'other')]);
    const piped = `secret() { cat "$MUSTER_JOB/other"; }
      { unseal_part 20260102_000000 "$MUSTER_JOB/part" | cat >&4; } 4>&1 | cat`;
    await expect(shell(`${host} ${piped}`)).rejects.toThrow('Error decrypting CMS');
  });

  it('whose ciphertext is in other pieces, as another program may write it, comes back', async () => {
    const clear = randomBytes(2_000_000);
    await writeFile(join(job, 'clear'), clear);
    await seal();
    await takenApart();
    const around = await readFile(join(job, 'ciphertext.around'));
    // The element that holds the pieces, of indefinite length, and its end.
    const [content, end] = [Buffer.from([0xa0, 0x80]), Buffer.from([0, 0])];
    const ciphertext = await readFile(join(job, 'ciphertext'));
    const sizes = fc.array(fc.oneof(fc.constantFrom(1, 127, 128, 255, 256, 4_095, 4_097, 70_000, 600_000)), {
      minLength: 1,
    });
    const property = fc.asyncProperty(sizes, fc.integer({ min: 0, max: 200 }), async (others, usual) => {
      const pieces = inPieces(ciphertext, [...others, ...Array<number>(usual).fill(4_096), ...others]);
      await writeFile(
        join(job, 'part'),
        Buffer.concat([around.subarray(0, -26), content, pieces, end, around.subarray(-26)]),
      );
      expect((await unseal()).equals(clear)).toBe(true);
    });
    await fc.assert(property, { numRuns: 15 });
  });

  it('of definite length, as another program may write it, comes back', async () => {
    const clear = randomBytes(100_000);
    await writeFile(join(job, 'clear'), clear);
    const [from, to] = [join(job, 'clear'), join(job, 'part')];
    const certificate = join(job, 'params/certificate.pem');
    await run('openssl', [
      ...['cms', '-encrypt', '-aes-256-gcm', '-binary', '-outform', 'DER'],
      ...['-in', from, '-out', to, certificate],
    ]);
    expect(`${await takenApart()}`).toBe('64\n');
    expect((await unseal()).equals(clear)).toBe(true);
  });
});

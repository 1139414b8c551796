/** A part comes out of its envelope as it went in, with perl on the host and without; what was changed does not come out. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
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
/** The status of taking a copy of the part apart: 0, or 1 where it is of another form. */
const takenApart = () =>
  shell(`cp "$MUSTER_JOB/part" "$MUSTER_JOB/copy"
    status=0; perl -w "\${1%/*}/message.pl" "$MUSTER_JOB/copy" || status=$?; echo "$status"`);

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

  it('of definite length, as another program may write it, comes back', async () => {
    const clear = randomBytes(100_000);
    await writeFile(join(job, 'clear'), clear);
    const [from, to] = [join(job, 'clear'), join(job, 'part')];
    const certificate = join(job, 'params/certificate.pem');
    await run('openssl', [
      ...['cms', '-encrypt', '-aes-256-gcm', '-binary', '-outform', 'DER'],
      ...['-in', from, '-out', to, certificate],
    ]);
    expect(`${await takenApart()}`).toBe('1\n');
    expect((await unseal()).equals(clear)).toBe(true);
  });
});

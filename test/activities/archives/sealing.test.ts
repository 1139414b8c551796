/** A part is sealed in one piece or in many, and comes out of either the same; what was changed comes out of neither. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const parts = new URL('../../../activities/archives/jobs/parts.sh', import.meta.url).pathname;
const forms = { 'in one piece': 'yes', 'in many pieces': '' };

let job: string;
beforeAll(async () => {
  job = await mkdtemp(join(tmpdir(), 'muster-sealing-'));
  await mkdir(join(job, 'params'));
  const certificate = join(job, 'params/certificate.pem');
  const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  await run('openssl', [...request, '-subj', '/CN=point', '-keyout', join(job, 'key'), '-out', certificate]);
});
afterAll(() => rm(job, { recursive: true, force: true }));

async function shell(script: string): Promise<Buffer> {
  const text = `set -euo pipefail; source "$1"; secret() { cat "$MUSTER_JOB/key"; }; ${script}`;
  const env = { ...process.env, MUSTER_JOB: job, seal_whole: '' };
  const { stdout } = await run('bash', ['-c', text, 'sh', parts], { env, encoding: 'buffer', maxBuffer: 1 << 26 });
  return stdout;
}

const seal = (whole: string) => shell(`seal_whole=${whole}; (seal_part "$MUSTER_JOB/part" <"$MUSTER_JOB/clear")`);
const unseal = () => shell('unseal_part 20260102_000000 "$MUSTER_JOB/part"');
const takenApart = async () =>
  (await shell(`od -An -v -tu1 -N 8192 "$MUSTER_JOB/part" | awk -f "\${1%/*}/envelope.awk"`)).toString();

describe.each(Object.entries(forms))('a part sealed %s', (_, whole) => {
  it.each([1, 100, 127, 128, 255, 256, 65_535, 65_536, 3_000_000])('of %i bytes comes back', async (size) => {
    const clear = randomBytes(size);
    await writeFile(join(job, 'clear'), clear);
    await seal(whole);
    expect((await takenApart()) !== '').toBe(whole === 'yes');
    expect((await unseal()).equals(clear)).toBe(true);
  });

  it('is refused when a byte of it was changed, or when it is cut', async () => {
    await writeFile(join(job, 'clear'), randomBytes(100_000));
    await seal(whole);
    await copyFile(join(job, 'part'), join(job, 'good'));
    const good = await readFile(join(job, 'good'));
    for (const at of [50_000, good.length - 20]) {
      const bad = Buffer.from(good);
      bad[at] = (bad[at] as number) ^ 1;
      await writeFile(join(job, 'part'), bad);
      await expect(unseal()).rejects.toThrow();
    }
    await writeFile(join(job, 'part'), good.subarray(0, 60_000));
    await expect(unseal()).rejects.toThrow();
  });
});

it('openssl alone opens a part of either form', async () => {
  for (const whole of Object.values(forms)) {
    await writeFile(join(job, 'clear'), 'what was there');
    await seal(whole);
    const { stdout } = await run('openssl', [
      ...['cms', '-decrypt', '-inform', 'DER', '-binary'],
      ...['-inkey', join(job, 'key'), '-in', join(job, 'part')],
    ]);
    expect(stdout).toBe('what was there');
  }
});

/** One conformance suite for every way to reach a machine. */
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HostExecutor } from '../../../activities/hosts/executor.ts';
import { localExecutor } from '../../../activities/hosts/local-executor.ts';
import { shellQuote } from '../../../activities/hosts/shell-quote.ts';
import { sshExecutor } from '../../../activities/hosts/ssh-executor.ts';
import { startSshd, type TestSshd } from './sshd.ts';
import { until } from './until.ts';

let sshd: TestSshd;
let folder: string;
beforeAll(async () => {
  sshd = await startSshd();
  folder = mkdtempSync(join(tmpdir(), 'muster-executor-'));
});
afterAll(async () => {
  await sshd?.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe.each([
  ['over SSH', () => sshExecutor(sshd.settings)],
  ['on the worker', () => localExecutor()],
])('an executor %s', (_, make) => {
  let host: HostExecutor;
  beforeAll(() => {
    host = make();
  });
  afterAll(() => host.close());

  it('answers output, error output and status', async () => {
    const result = await host.exec('echo out; echo err >&2; exit 3');
    expect({ ...result, stdout: result.stdout.toString() }).toEqual({ code: 3, stdout: 'out\n', stderr: 'err\n' });
  });

  it('runs in sh, and a death by signal is a status above 128', async () => {
    expect((await host.exec('kill -9 $$')).code).toBe(137);
  });

  it('learns the status of a command that closes its output long before it ends', async () => {
    expect((await host.exec('exec >&- 2>&-; sleep 0.3; exit 5')).code).toBe(5);
  });

  it('passes arguments on unchanged, whatever is in them', async () => {
    const words = ["it's", 'a b', 'two\nlines', '$HOME `id` "x" \\', '*', '', 'ümlaut', '-n'];
    const { stdout } = await host.exec(`printf '%s\\0' ${shellQuote(...words)}`);
    expect(stdout.toString().split('\0').slice(0, -1)).toEqual(words);
  });

  it('sends megabytes to stdin and gets them back', async () => {
    const bytes = Buffer.alloc(5_000_000, 'abcdefg');
    const { stdout } = await host.exec('cat', { stdin: bytes });
    expect(stdout.equals(bytes)).toBe(true);
  });

  it('does not mind a command that leaves its stdin unread', async () => {
    expect((await host.exec('exit 4', { stdin: Buffer.alloc(3_000_000) })).code).toBe(4);
  });

  it('refuses more output than the limit', async () => {
    await expect(host.exec('yes | head -c 200000', { limit: 100_000 })).rejects.toMatchObject({
      type: 'TooMuchOutput',
    });
  });

  it('gives up a silent command', async () => {
    await expect(host.exec('sleep 60', { inactivity: 200 })).rejects.toMatchObject({ type: 'HostSilent' });
  });

  it('ends the command when told to stop', async () => {
    const mark = join(folder, `mark-${Math.random()}`);
    const controller = new AbortController();
    const running = host.exec(`echo $$ >${mark}; exec sleep 300`, { signal: controller.signal });
    const failed = expect(running).rejects.toThrow('stop now');
    await until('the command runs', () => existsSync(mark) && statSync(mark).size > 0);
    controller.abort(new Error('stop now'));
    await failed;
    await until('the command is gone', async () => {
      const { code } = await host.exec(`grep -q sleep /proc/$(cat ${mark})/comm`);
      return code !== 0;
    });
  });

  it('runs more commands at once than a connection has channels', async () => {
    const results = await Promise.all(Array.from({ length: 30 }, (_, n) => host.exec(`sleep 0.05; echo ${n}`)));
    expect(results.map(({ stdout }) => stdout.toString().trim())).toEqual(results.map((_, n) => String(n)));
  });

  it('writes a file atomically with its mode, and reads it back from an offset', async () => {
    const path = join(folder, "a file's name\nhas two lines");
    async function* parts() {
      for (let n = 0; n < 50; n++) yield Buffer.alloc(100_000, n);
    }
    await host.writeFile(path, parts(), 0o640);
    expect(statSync(path).mode & 0o777).toBe(0o640);
    const got: Buffer[] = [];
    for await (const chunk of host.readFile(path, 4_900_001)) got.push(chunk);
    expect(Buffer.concat(got).equals(Buffer.alloc(99_999, 49))).toBe(true);
    await host.writeFile(path, 'short');
    expect(statSync(path)).toMatchObject({ size: 5, mode: 0o100600 });
    expect(readdirSync(folder).filter((name) => name.endsWith('.new'))).toEqual([]);
  });

  it('does not read a large file faster than its reader', async () => {
    const path = join(folder, 'large');
    writeFileSync(path, Buffer.alloc(40_000_000, 1));
    const before = process.memoryUsage().arrayBuffers;
    const stream = host.readFile(path)[Symbol.asyncIterator]();
    await stream.next();
    await host.exec('sleep 0.5');
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20_000_000);
    await stream.return?.();
  });

  it('says which file cannot be read', async () => {
    const read = async () => {
      for await (const _ of host.readFile('/nowhere/at all'));
    };
    await expect(read()).rejects.toMatchObject({
      type: 'HostFileMissing',
      message: expect.stringContaining('/nowhere/at all'),
    });
  });
});

describe('a local executor', () => {
  it("keeps the worker's environment to itself", async () => {
    process.env.MUSTER_TEST_SECRET = 'do not pass on';
    const { stdout } = await localExecutor({ env: { MORE: 'yes' } }).exec('env');
    delete process.env.MUSTER_TEST_SECRET;
    expect(stdout.toString()).not.toContain('do not pass on');
    expect(stdout.toString()).toContain('MORE=yes');
  });
});

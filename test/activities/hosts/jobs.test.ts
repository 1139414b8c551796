/** Host jobs with real processes, over a real sshd and locally. */
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { cancelJob } from '../../../activities/hosts/cancel-job.ts';
import type { HostExecutor } from '../../../activities/hosts/executor.ts';
import { followJob } from '../../../activities/hosts/follow-job.ts';
import type { HostJob, JobLine, JobPlace, JobResume } from '../../../activities/hosts/job.ts';
import { readResults } from '../../../activities/hosts/job-results.ts';
import { localExecutor } from '../../../activities/hosts/local-executor.ts';
import { fillSpool } from '../../../activities/hosts/spool.ts';
import { sshExecutor } from '../../../activities/hosts/ssh-executor.ts';
import { startOrAttach } from '../../../activities/hosts/start-job.ts';
import { sweepJobs } from '../../../activities/hosts/sweep-jobs.ts';
import { startSshd, type TestSshd } from './sshd.ts';
import { alive, until } from './until.ts';

let sshd: TestSshd;
let folder: string;
let count = 0;
beforeAll(async () => {
  sshd = await startSshd();
  folder = mkdtempSync(join(tmpdir(), 'muster-jobs-'));
});
afterAll(async () => {
  killAll(folder);
  await sshd?.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe.each([
  ['over SSH', () => sshExecutor(sshd.settings)],
  ['on the worker', () => localExecutor()],
])('a host job %s', (_, make) => {
  let host: HostExecutor;
  let place: Required<JobPlace>;
  beforeAll(() => {
    host = make();
    const bootId = join(folder, `boot-${++count}`);
    writeFileSync(bootId, 'first-boot\n');
    place = { base: join(folder, `base ${count}`), bootId };
  });
  afterAll(() => host.close());

  const start = (job: HostJob, executor = host) => startOrAttach(executor, job, place);

  it('takes short parameters as they are', async () => {
    const values = [
      '',
      ' ',
      'x',
      ' led',
      'trailed ',
      'a  b',
      'tab\t',
      'back\\slash\\',
      '-n',
      '%s',
      '\n',
      'end',
      "it's",
      'ü',
      '\0',
    ];
    const params = Object.fromEntries(values.map((value, n) => [`p${n}`, value]));
    const { job } = makeJob(
      `for n in {0..${values.length - 1}}; do result "\\"$(base64 -w 0 "$(param_file "p$n")")\\""; done`,
      { params },
    );
    const { results } = await followJob(await start(job));
    expect(results?.map((text) => Buffer.from(text as string, 'base64').toString())).toEqual(values);
  });

  it('takes parameters with any content, and answers results, progress, log and its end', async () => {
    const names = 'two words\nand a line, $(id) `id` \' " \\ \u00fc\n\n';
    const { job } = makeJob(
      `cmp "$(param_file names)" "$(param_file same)" && echo same
      result "{\\"names\\":$(json_string "$(param names; echo x)")}"
      progress 1 4 'of four'
      echo "$(param absent default)"; echo trouble >&2; printf 'no newline'; exit 7`,
      { params: { names, same: Buffer.from(names), big: Buffer.alloc(3_000_000, 'x') } },
    );
    const handle = await start(job);
    expect(handle).toMatchObject({ how: 'started', state: 'running' });
    const lines: JobLine[] = [];
    const end = await followJob(handle, { onLine: (line) => void lines.push(line) });
    expect(end).toEqual({ code: 7, stderr: 'trouble\n', results: [{ names: `${names}x` }], refused: undefined });
    expect(lines).toEqual([
      { kind: 'log', text: 'same' },
      { kind: 'result', value: { names: `${names}x` } },
      { kind: 'progress', done: 1, total: 4, text: 'of four' },
      { kind: 'log', text: 'default' },
      { kind: 'log', text: 'no newline' },
    ]);
    expect(await start(job)).toMatchObject({ how: 'attached', state: 'exited', code: 7 });
    expect(await readResults(handle)).toEqual([{ names: `${names}x` }]);
  });

  it('is one job when two workers start it at once', async () => {
    const { job, ran } = makeJob('echo once >>"$(param ran)"; sleep 0.3');
    const other = make();
    const handles = await Promise.all([start(job), start(job, other), start(job), start(job, other)]);
    expect(handles.map(({ how }) => how).sort()).toEqual(['attached', 'attached', 'attached', 'started']);
    expect(new Set(handles.map((handle) => handle.folder)).size).toBe(1);
    for (const end of await Promise.all(handles.map((handle) => followJob(handle)))) expect(end.code).toBe(0);
    expect(ran()).toEqual(['once']);
    await other.close();
  });

  it('is read on by another worker from where the first one stopped', async () => {
    const { job, open } = makeJob('echo one; result 1; await first; echo two; result 2; await second; echo three');
    const first = new AbortController();
    let kept: unknown;
    const seen: string[] = [];
    const reading = followJob(await start(job), {
      signal: first.signal,
      heartbeat: ({ resume }) => {
        kept = resume;
      },
      onLine: (line) => {
        if (line.kind === 'log') seen.push(line.text);
      },
    });
    const stopped = expect(reading).rejects.toThrow('the worker died');
    await until(
      'the first worker has read',
      () => (kept as JobResume | undefined)?.offset === 'one\n@result 1\n'.length,
    );
    first.abort(new Error('the worker died'));
    await stopped;
    open('first');
    open('second');
    const again = await start(job);
    expect(again.how).toBe('attached');
    const end = await followJob(again, {
      resume: kept,
      onLine: (line) => {
        if (line.kind === 'log') seen.push(line.text);
      },
    });
    expect(end).toMatchObject({ code: 0, results: undefined });
    expect(seen).toEqual(['one', 'two', 'three']);
    expect(await readResults(again)).toEqual([1, 2]);
  });

  it('that was killed counts as lost and is started again, after its last processes are ended', async () => {
    const { job, ran, open } = makeJob('echo $$ >>"$(param ran)"; (exec -a left sleep 60) & await go; kill %1');
    const handle = await start(job);
    const script = await until('it runs', () => Number(ran()[0]));
    const runner = Number(readFileSync(join(handle.folder, 'identity'), 'utf8').split(' ')[1]);
    process.kill(runner, 'SIGKILL');
    await expect(followJob(handle)).rejects.toMatchObject({ type: 'JobLost' });
    expect(alive(script)).toBe(true);
    const again = await start(job);
    expect(again.how).toBe('restarted');
    expect(again.folder).not.toBe(handle.folder);
    expect(alive(script)).toBe(false);
    expect(processesWith(`MUSTER_JOB=${handle.folder}`)).toEqual([]);
    open('go');
    expect((await followJob(again)).code).toBe(0);
    expect(ran()).toHaveLength(2);
  });

  it('of an earlier boot is lost, even when its pid lives', async () => {
    const { job, open } = makeJob('await go; await go2');
    const handle = await start(job);
    const own = { ...place, bootId: join(folder, `reboot-${++count}`) };
    writeFileSync(own.bootId, 'another-boot\n');
    await expect(followJob({ ...handle, place: own })).rejects.toMatchObject({ type: 'JobLost' });
    const again = await startOrAttach(host, job, own);
    expect(again.how).toBe('restarted');
    open('go');
    open('go2');
    expect((await followJob(again)).code).toBe(0);
  });

  it('that ended with 75 is started anew, and one that failed otherwise is not', async () => {
    const { job, ran } = makeJob(
      'echo ran >>"$(param ran)"; (($(wc -l <"$(param ran)") > 1)) || try_again "store is busy"; exit 3',
    );
    expect(await followJob(await start(job))).toMatchObject({ code: 75, stderr: 'store is busy\n' });
    const again = await start(job);
    expect(again.how).toBe('restarted');
    expect((await followJob(again)).code).toBe(3);
    expect(await start(job)).toMatchObject({ state: 'exited', code: 3 });
    const next = await start({ ...job, key: { ...job.key, generation: 2 } });
    expect(next.how).toBe('started');
    expect((await followJob(next)).code).toBe(3);
    expect(ran()).toHaveLength(3);
    await expect(start(job)).rejects.toMatchObject({ type: 'JobSuperseded' });
  });

  it('of a generation that was given up is ended before the next one starts', async () => {
    const { job, ran, open } = makeJob('echo $$ >>"$(param ran)"; await go');
    await start(job);
    const old = await until('it runs', () => Number(ran()[0]));
    const next = await start({ ...job, key: { ...job.key, generation: 2 } });
    expect(alive(old)).toBe(false);
    open('go');
    expect((await followJob(next)).code).toBe(0);
  });

  it('is cancelled with every process it has, also those that ignore the polite signal or left its session', async () => {
    const { job, ran } = makeJob(
      `sleep 60 & setsid sleep 61 & bash -c 'trap "" TERM; while :; do sleep 0.1; done' &
      echo ready >>"$(param ran)"; wait`,
    );
    const handle = await start(job);
    await until('it runs', () => ran()[0]);
    expect(processesWith(`MUSTER_JOB=${handle.folder}`).length).toBeGreaterThan(3);
    await cancelJob(handle);
    expect(processesWith(`MUSTER_JOB=${handle.folder}`)).toEqual([]);
    expect((await followJob(handle)).code).toBeGreaterThanOrEqual(128);
    expect(await start(job)).toMatchObject({ how: 'attached', state: 'exited' });
    await cancelJob(handle);
  });

  it('holds its lock against another run while it lives, and a dead owner keeps nobody out', async () => {
    const one = makeJob('await go', { lock: 'component-api' });
    const two = makeJob('true', { lock: 'component-api' });
    const handle = await start(one.job);
    await expect(start(two.job)).rejects.toMatchObject({
      type: 'HostLocked',
      message: expect.stringContaining(one.job.key.run),
    });
    await until('its last process is gone', () => !killAll(handle.folder));
    // One that is just exiting has no environment any more, and is still a process.
    const second = await vi.waitFor(() => start(two.job), { timeout: 5_000 });
    expect((await followJob(second)).code).toBe(0);
    const third = await start({ ...one.job, key: { ...one.job.key, generation: 2 } });
    one.open('go');
    expect((await followJob(third)).code).toBe(0);
    expect(readdirSync(join(place.base, 'locks'))).toEqual([]);
  });

  it('waits at an empty spool, says what it needs, and takes each entry once', async () => {
    const { job } = makeJob(
      `take_one() { local url; url=$(take_spool put); result "{\\"line\\":\\"$1\\",\\"url\\":$(json_string "$url")}"; }
      printf '%s\\n' a b c d | in_parallel 2 take_one`,
    );
    const handle = await start(job);
    let filled = 0;
    const end = await followJob(handle, {
      async onLine(line) {
        if (line.kind !== 'need') return;
        expect(line.what).toBe('put');
        const content = `https://store.test/?sig=${filled}&x='"\n`;
        const name = String(filled++).padStart(4, '0');
        await fillSpool(handle, 'put', [
          { name, content },
          { name, content },
        ]);
      },
    });
    expect(end.code).toBe(0);
    const results = end.results as { line: string; url: string }[];
    expect(results.map(({ line }) => line).sort()).toEqual(['a', 'b', 'c', 'd']);
    expect(new Set(results.map(({ url }) => url)).size).toBe(4);
    expect(results[0]?.url).toMatch(/^https:\/\/store\.test\/\?sig=\d&x='"$/);
  });

  it('refuses in its own words', async () => {
    const { job } = makeJob(`refuse NotEnoughSpace 'The disk "/srv" is full.' 'make room'`);
    expect(await followJob(await start(job))).toMatchObject({
      code: 64,
      refused: { type: 'NotEnoughSpace', fact: 'The disk "/srv" is full.', hint: 'make room' },
    });
  });

  it('fails as a whole when one of its parallel parts fails', async () => {
    const { job } = makeJob(
      `part() { [[ $1 != bad ]] || { echo "part $1 broke" >&2; false; }; echo "done $1"; }
      printf '%s\\n' good bad good good | in_parallel 1 part; echo 'never said'`,
    );
    const lines: JobLine[] = [];
    const end = await followJob(await start(job), { onLine: (line) => void lines.push(line) });
    expect(end).toMatchObject({ code: 1, stderr: 'part bad broke\n' });
    expect(lines).toEqual([{ kind: 'log', text: 'done good' }]);
  });

  it('knows how its parallel parts ended, also where the shell has put them away before it asks', async () => {
    const lines = (words: string) =>
      makeJob(
        `part() { [[ $1 != bad ]] || exit 3; }
        set -T; trap 'jobs >/dev/null' DEBUG
        printf '%s\\n' ${words} | in_parallel 2 part`,
      ).job;
    expect(await followJob(await start(lines('1 2 3')))).toMatchObject({ code: 0 });
    expect(await followJob(await start(lines('1 bad 3')))).toMatchObject({ code: 3 });
  });

  it('has secrets in its memory only: not in argv, not in the environment, not on disk', async () => {
    const text = 'correct horse battery staple';
    const bytes = Buffer.from([...Array(256).keys(), ...Buffer.from(text)]);
    const { job, open } = makeJob(
      `secret key | sha256sum; cat <(secret text) | wc -c; secret_file text path; stat -c '%a %s' "$path"; echo "$path"
      bash -c '. "$MUSTER_LIB"; has_secret text || echo "a child has none"'
      echo ready; await go`,
      { secrets: { key: bytes, text } },
    );
    const handle = await start(job);
    const lines: string[] = [];
    let scanned = false;
    const end = await followJob(handle, {
      onLine(line) {
        if (line.kind !== 'log') return;
        lines.push(line.text);
        if (line.text !== 'ready') return;
        const forms = [text, Buffer.from(text).toString('base64'), bytes.toString('base64')];
        for (const form of forms) {
          expect(filesWith(form, globSync('/proc/[0-9]*/{cmdline,environ}'))).toEqual([]);
          expect(filesWith(form, [place.base])).toEqual([]);
        }
        expect(processesWith(`MUSTER_JOB=${handle.folder}`).length).toBeGreaterThan(0);
        scanned = true;
        open('go');
      },
    });
    expect(end).toMatchObject({ code: 0, stderr: '' });
    expect(scanned).toBe(true);
    const sum = execFileSync('sha256sum', { input: bytes }).toString().trim();
    expect(lines).toEqual([
      sum,
      String(text.length),
      `600 ${text.length}`,
      expect.stringContaining('/dev/shm/'),
      'a child has none',
      'ready',
    ]);
    expect(existsSync(lines[3] ?? '')).toBe(false);
  });

  it('leaves a place that can be swept, without touching what runs', async () => {
    const ended = makeJob('true');
    const running = makeJob('await go');
    const gone = await start(ended.job);
    await followJob(gone);
    const handle = await start(running.job);
    expect((await sweepJobs(host, 3_600_000, place)).removed).toEqual([]);
    const { removed } = await sweepJobs(host, 0, place);
    expect(removed).toContain(gone.folder);
    expect(removed).not.toContain(handle.folder);
    expect(existsSync(gone.folder)).toBe(false);
    running.open('go');
    expect((await followJob(handle)).code).toBe(0);
  });

  it('of a restore that was given up leaves no dump in clear for good', async () => {
    const dump = `/var/tmp/muster-dump.test${process.pid}${count}`;
    const theirs = join(folder, `theirs ${count}`);
    const restored = join(place.base ?? '', 'restored');
    mkdirSync(restored, { recursive: true });
    for (const path of [dump, `${dump}.list`, theirs]) writeFileSync(path, 'rows');
    writeFileSync(join(restored, 'database.1.run.dump'), `${dump} whole\n`);
    writeFileSync(join(restored, 'database.2.run.dump'), `${theirs} whole\n`);
    await followJob(await start(makeJob('true').job));
    await sweepJobs(host, 3_600_000, place);
    expect(existsSync(dump)).toBe(true);
    await sweepJobs(host, 0, place);
    expect([dump, `${dump}.list`, theirs].map(existsSync)).toEqual([false, false, true]);
    expect(readdirSync(restored)).toEqual([]);
  });

  it('is heard at least every second while it says nothing', async () => {
    const { job, open } = makeJob('await go');
    let beats = 0;
    const reading = followJob(await start(job), { heartbeat: () => void beats++ });
    await until('three beats', () => beats >= 3, 4_500);
    open('go');
    expect((await reading).code).toBe(0);
  });
});

describe('a broken connection', () => {
  it('during a job is mended, and no line is lost or doubled', async () => {
    const host = sshExecutor({ ...sshd.settings, connectLimit: 3_000 });
    const place = { base: join(folder, `cut-${++count}`) };
    const { job } = makeJob('for i in {1..60}; do echo "line $i"; sleep 0.05; done');
    const handle = await startOrAttach(host, job, place);
    const lines: string[] = [];
    let cuts = 0;
    const end = await followJob(handle, {
      onLine(line) {
        if (line.kind === 'log') lines.push(line.text);
        if (lines.length === 10 || lines.length === 30) cuts += sshd.cut() > 0 ? 1 : 0;
      },
    });
    expect(end.code).toBe(0);
    expect(cuts).toBe(2);
    expect(lines).toEqual(Array.from({ length: 60 }, (_, n) => `line ${n + 1}`));
    await host.close();
  });

  it('while a request is sent starts nothing', async () => {
    const place = { base: join(folder, `half-${++count}`) };
    const { job } = makeJob('true');
    const whole = localExecutor();
    const half: HostExecutor = {
      ...whole,
      exec: (command, options) => whole.exec(command, { ...options, stdin: options?.stdin?.slice(0, -2) as Buffer }),
    };
    mkdirSync(place.base);
    await expect(startOrAttach(half, job, place)).rejects.toMatchObject({ type: 'ConnectionLost' });
    expect(readdirSync(join(place.base, 'jobs'))).toEqual([]);
    expect(readdirSync(join(place.base, 'prepared'))).toEqual([]);
  });
});

it('every shell script passes shellcheck', () => {
  const root = new URL('../../../activities/hosts/', import.meta.url).pathname;
  const common = readFileSync(join(root, 'control/common.sh'));
  for (const name of readdirSync(join(root, 'control')).filter((each) => each !== 'common.sh'))
    execFileSync('shellcheck', ['-s', 'bash', '-'], {
      input: Buffer.concat([common, readFileSync(join(root, 'control', name))]),
    });
  const jobs = readdirSync(join(root, 'jobs'));
  expect(jobs).toContain('lib.sh');
  execFileSync('shellcheck', ['-x', ...jobs], { cwd: join(root, 'jobs') });
});

/** A job of its own run whose script can `await NAME` a door that the test opens, and note what it did in `ran`. */
function makeJob(text: string, more: Partial<HostJob> = {}) {
  const id = ++count;
  const path = join(folder, `script-${id}.sh`);
  const doors = join(folder, `doors-${id}`);
  const notes = join(folder, `ran-${id}`);
  mkdirSync(doors);
  writeFileSync(
    path,
    `. "$MUSTER_LIB"\nawait() { while [[ ! -e $(param doors)/$1 ]]; do sleep 0.02; done; }\n${text}\n`,
  );
  const params = { doors, ran: notes, ...more.params };
  const job: HostJob = {
    key: { run: `run-${id}`, step: 'step', generation: 1 },
    script: { name: 'test', path },
    ...more,
    params,
  };
  return {
    job,
    open: (door: string) => writeFileSync(join(doors, door), ''),
    ran: () => (existsSync(notes) ? readFileSync(notes, 'utf8').trim().split('\n').filter(Boolean) : []),
  };
}

/** Answers how many there were. */
function killAll(beginning: string): number {
  const pids = processesWith(`MUSTER_JOB=${beginning}`);
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
  return pids.length;
}

/** Processes whose environment has a value that begins so. */
function processesWith(beginning: string): number[] {
  return globSync('/proc/[0-9]*/environ').flatMap((path) => {
    try {
      const found = readFileSync(path, 'latin1')
        .split('\0')
        .some((entry) => entry.startsWith(beginning));
      const pid = Number(path.split('/')[2]);
      return found && alive(pid) ? [pid] : [];
    } catch {
      return [];
    }
  });
}

/** Looks itself, so that no searching process has the text in its own arguments. */
function filesWith(text: string, paths: string[]): string[] {
  const files = paths.flatMap((path) => (path.startsWith('/proc/') ? [path] : globSync(`${path}/**/*`)));
  return files.filter((file) => {
    try {
      return readFileSync(file).includes(text);
    } catch {
      return false;
    }
  });
}

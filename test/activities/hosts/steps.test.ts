/** The steps `command` and `checkHost`, and what `runHostJob` makes of a job's end. */
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { cancelByKey } from '../../../activities/hosts/cancel-job.ts';
import { checkHost } from '../../../activities/hosts/check-host.ts';
import type { HostExecutor } from '../../../activities/hosts/executor.ts';
import { hostFacts, lackingPrerequisites } from '../../../activities/hosts/host-facts.ts';
import { localExecutor } from '../../../activities/hosts/local-executor.ts';
import { command } from '../../../activities/hosts/run-command.ts';
import { runHostJob } from '../../../activities/hosts/run-job.ts';
import { sshExecutor } from '../../../activities/hosts/ssh-executor.ts';
import { startOrAttach } from '../../../activities/hosts/start-job.ts';
import { someHost, stepContext } from '../../support/step-context.ts';
import { startSshd, type TestSshd } from './sshd.ts';
import { alive, until } from './until.ts';

let sshd: TestSshd;
let folder: string;
let host: HostExecutor;
let count = 0;
beforeAll(async () => {
  sshd = await startSshd();
  folder = mkdtempSync(join(tmpdir(), 'muster-steps-'));
  host = sshExecutor(sshd.settings);
});
afterAll(async () => {
  await host?.close();
  await sshd?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const job = (text: string) => {
  const path = join(folder, `script-${++count}.sh`);
  writeFileSync(path, `. "$MUSTER_LIB"\n${text}\n`);
  return { script: { name: 'test', path } };
};
const place = () => ({ base: join(folder, `base-${count}`) });

it('a job that fails is a refusal with the end of its stderr', async () => {
  const context = await stepContext({ step: 'restore' });
  const failing = job('seq 1 5000 >&2; echo "relation does not exist" >&2; exit 4');
  await expect(runHostJob(context, host, failing, { place: place() })).rejects.toMatchObject({
    type: 'JobFailed',
    message: expect.stringMatching(/step restore.*status 4[\s\S]*5000\nrelation does not exist/),
  });
});

it('a job that asks for another try is a passing fault', async () => {
  const context = await stepContext();
  await expect(runHostJob(context, host, job('try_again "store is busy"'), { place: place() })).rejects.toMatchObject({
    type: 'JobTryAgain',
    message: expect.stringContaining('store is busy'),
  });
});

it('a job whose processes are killed is started again by the same worker, and its results are those of the second start', async () => {
  const context = await stepContext();
  const mark = join(folder, 'second');
  const outcome = runHostJob(context, host, job(`[[ -e ${mark} ]] || { : >${mark}; sleep 60; }; result 2`), {
    place: place(),
  });
  await until('the first start runs', () => existsSync(mark));
  const at = place().base;
  const [identity] = globSync(`${at}/jobs/*/*/*/1/identity`);
  process.kill(Number(readFileSync(identity ?? '', 'utf8').split(' ')[1]), 'SIGKILL');
  expect(await outcome).toMatchObject({ results: [2], handle: { how: 'restarted' } });
  expect(context.changes.count).toBe(2);
});

it("a person's cancel ends the job, a worker's shutdown leaves it", async () => {
  for (const [reason, left] of [
    ['CANCELLED', false],
    ['WORKER_SHUTDOWN', true],
  ] as const) {
    const controller = new AbortController();
    const context = await stepContext({ signal: controller.signal });
    const mark = join(folder, `pid-${reason}`);
    const outcome = runHostJob(context, host, job(`echo $$ >${mark}; exec sleep 30`), { place: place() });
    const stopped = expect(outcome).rejects.toThrow(reason);
    const pid = await until('it runs', () => existsSync(mark) && readFileSync(mark, 'utf8').trim());
    controller.abort(new Error(reason));
    await stopped;
    expect(alive(Number(pid))).toBe(left);
    if (left) process.kill(Number(pid), 'SIGKILL');
  }
});

it('a job that was cancelled before it started is not started by a request that comes late', async () => {
  const key = { run: 'late', step: 'step', generation: 1 };
  const late = { ...job('echo started'), key };
  await cancelByKey(host, key, place());
  expect(await startOrAttach(host, late, place())).toMatchObject({ state: 'exited', code: 143 });
});

it('a command of the plan runs on its host and on the worker, and its output is kept', async () => {
  const run = `echo "on $(uname -n)"; echo 'quotes " and $HOME'`;
  for (const on of [someHost, undefined]) {
    const context = await stepContext({ run: `command-${process.pid}-${++count}`, host: async () => host });
    const input = command.input.parse({ title: 'Tell monitoring', run, host: on });
    const { output } = await command.run(input, context);
    expect(output).toMatch(/^on \S+\nquotes " and \$HOME\n$/);
    expect(command.title(input)).toBe(on ? 'Tell monitoring (on app)' : 'Tell monitoring');
    rmSync(`/var/lib/muster/jobs/${context.run}`, { recursive: true, force: true });
  }
});

it('a command that fails or takes too long says so', async () => {
  const context = await stepContext({ run: `command-${process.pid}-${++count}`, host: async () => host });
  const long = command.input.parse({ title: 'x', run: 'sleep 30', host: someHost, limit: 300 });
  await expect(command.run(long, context)).rejects.toMatchObject({ type: 'CommandTimedOut' });
  const failing = command.input.parse({ title: 'x', run: 'echo no such unit >&2; false; echo never', host: someHost });
  const next = { ...context, generation: 2 };
  await expect(command.run(failing, next)).rejects.toMatchObject({
    type: 'JobFailed',
    message: expect.stringMatching(/no such unit/),
  });
  rmSync(`/var/lib/muster/jobs/${context.run}`, { recursive: true, force: true });
});

it('checkHost answers what a host has', async () => {
  const context = await stepContext({ host: async () => host });
  const input = checkHost.input.parse({ host: someHost, free: { '/var/lib/not there yet': 1 } });
  expect(await checkHost.check?.(input, context)).toMatchObject({ state: 'ready' });
  const output = await checkHost.run(input, context);
  expect(output.tools).toMatchObject({ openssl: expect.stringMatching(/^3\./), zstd: expect.any(String) });
  expect(output.free['/var/lib/not there yet']).toBeGreaterThan(1e6);
  expect(Math.abs(output.clockAhead)).toBeLessThan(5_000);
});

it('checkHost refuses a host without zstd, with too little room', async () => {
  const bin = join(folder, 'bin');
  const links = `mkdir -p ${bin} && for t in bash sh tar openssl curl xargs flock setsid sha256sum date uname id head stat base64 grep; do ln -sf "$(command -v $t)" ${bin}/; done`;
  await localExecutor().exec(links);
  // A PATH of its own, as on a host where the package is not installed.
  const bare: HostExecutor = {
    ...host,
    exec: (line, options) =>
      host.exec(line.replaceAll('/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', bin), options),
  };
  const context = await stepContext({ host: async () => bare });
  const input = checkHost.input.parse({ host: someHost, free: { '/': 1e17 } });
  await expect(checkHost.run(input, context)).rejects.toMatchObject({
    type: 'HostPrerequisite',
    message: 'host app: zstd is missing. Try: apt-get install zstd',
  });
  expect(await checkHost.check?.(input, context)).toMatchObject({
    state: 'blocked',
    why: expect.stringContaining('/ has'),
  });
});

it('an OpenSSL of old and a clock that is wrong are named', async () => {
  const facts = await hostFacts(host);
  const old = { ...facts, tools: { ...facts.tools, openssl: '1.1.1' }, clockAhead: 400_000 };
  expect(lackingPrerequisites(facts, 'db')).toEqual([]);
  expect(lackingPrerequisites(old, 'db').map(({ message }) => message)).toEqual([
    expect.stringContaining('host db: openssl is 1.1.1, and 3.0 or later is needed.'),
    expect.stringContaining('differ by 6m40s: it is ahead'),
  ]);
});

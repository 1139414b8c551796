/** Steps on a host, with real commands and a small real "service" whose state is a file. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { awaitHost } from '../../../activities/compute/await-host.ts';
import { startService } from '../../../activities/compute/start-service.ts';
import { stopService } from '../../../activities/compute/stop-service.ts';
import { localExecutor } from '../../../activities/hosts/local-executor.ts';
import { refusal } from '../../../domain/errors.ts';
import { someHost, stepContext, type TestContext } from '../../support/step-context.ts';

let folder: string;
let running: string;
let context: TestContext;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-service-'));
  running = join(folder, 'running');
  context = await stepContext({ host: async () => localExecutor() });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const input = (more: object = {}) =>
  startService.input.parse({
    host: someHost,
    service: 'spacetime',
    start: `touch ${running}`,
    stop: `rm -f ${running}`,
    state: `test -e ${running}`,
    within: 1_000,
    ...more,
  });

test('a service is started once, and put back to what it was', async () => {
  const before = await startService.before?.(input(), context);
  expect(await startService.run(input(), context)).toEqual({ outcome: 'started' });
  expect(await startService.run(input(), context)).toEqual({ outcome: 'running already' });
  expect(context.changes.count).toBe(1);
  await startService.undo?.(input(), before, context);
  expect(existsSync(running)).toBe(false);
});

test('a service is stopped once, and put back to what it was', async () => {
  await writeFile(running, '');
  const before = await stopService.before?.(input(), context);
  expect(await stopService.run(input(), context)).toEqual({ outcome: 'stopped' });
  expect(await stopService.run(input(), context)).toEqual({ outcome: 'stopped already' });
  await stopService.undo?.(input(), before, context);
  expect(existsSync(running)).toBe(true);
});

test('a start that fails says what the command said, and is worth another try', async () => {
  const broken = input({ start: 'echo Unit not found >&2; exit 5' });
  await expect(startService.run(broken, context)).rejects.toMatchObject({
    name: 'ServiceCommandFailed',
    message: expect.stringMatching(/exited with 5: Unit not found/),
  });
});

test('a start that claims success without a running service is refused', async () => {
  await expect(startService.run(input({ start: 'true' }), context)).rejects.toMatchObject({ type: 'ServiceStuck' });
});

test('what systemctl and tests of the shell end with says that it does not run, whatever hosts complain of besides', async () => {
  for (const state of ['exit 1', 'exit 3', 'echo inactive >&2; exit 3', 'exit 4']) {
    expect(await stopService.run(input({ state }), context)).toEqual({ outcome: 'stopped already' });
  }
  const noise = 'echo "sudo: unable to resolve host app: Name or service not known" >&2; exit 1';
  expect(await stopService.run(input({ state: noise }), context)).toEqual({ outcome: 'stopped already' });
});

test.each([
  ['no-such-command-here is-active', /exited with 127/],
  ['/dev/null', /exited with 126/],
  ['echo "sudo: a password is required" >&2; exit 1', /a password is required/],
  ['echo "Failed to connect to bus: No such file or directory" >&2; exit 1', /Failed to connect to bus/],
  ['kill -KILL $$', /exited with 137/],
])('a state that could not be asked (%s) never says that the service is stopped', async (state, why) => {
  const unknown = { name: 'ServiceStateUnknown', message: expect.stringMatching(why) };
  await expect(stopService.run(input({ state }), context)).rejects.toMatchObject(unknown);
  await expect(stopService.check?.(input({ state }), context)).rejects.toMatchObject(unknown);
  await expect(startService.run(input({ state }), context)).rejects.toMatchObject(unknown);
  expect(context.changes.count).toBe(0);
});

test('a host is waited for until it answers', async () => {
  let tries = 0;
  const booting = await stepContext({
    host: async () => {
      tries += 1;
      if (tries < 3) throw new Error('connect ECONNREFUSED');
      return localExecutor();
    },
  });
  const output = await awaitHost.run(awaitHost.input.parse({ host: someHost, within: 5_000 }), booting);
  expect(output).toMatchObject({ outcome: 'reachable', tries: 3 });
  expect(booting.beats.at(-1)?.text).toMatch(/ECONNREFUSED/);
});

test('a host that does not come up is refused after its time', async () => {
  const dead = await stepContext({ host: () => Promise.reject(new Error('connect ETIMEDOUT')) });
  const waiting = awaitHost.run(awaitHost.input.parse({ host: someHost, within: 600 }), dead);
  await expect(waiting).rejects.toMatchObject({
    type: 'HostUnreachable',
    message: expect.stringMatching(/ETIMEDOUT.*Try:/),
  });
});

test('a wrong host key is refused at once', async () => {
  let tries = 0;
  const foreign = await stepContext({
    host: () => {
      tries += 1;
      return Promise.reject(refusal('HostKeyRefused', 'The key of app is not the pinned one.', 'find out why.'));
    },
  });
  const waiting = awaitHost.run(awaitHost.input.parse({ host: someHost, within: 60_000 }), foreign);
  await expect(waiting).rejects.toMatchObject({ type: 'HostKeyRefused' });
  expect(tries).toBe(1);
});

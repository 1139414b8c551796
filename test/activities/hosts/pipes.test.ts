import { PassThrough, Writable } from 'node:stream';
import { expect, it } from 'vitest';
import { executorOver } from '../../../activities/hosts/pipes.ts';

it('answers for a command that had ended, its stdin shut and full, before anybody could listen', async () => {
  const nobodyReads = new Writable({ highWaterMark: 1, write: () => {} });
  const executor = endedWith(4, { stdin: nobodyReads });
  expect((await executor.exec('exit 4', { stdin: Buffer.alloc(300_000), inactivity: 2_000 })).code).toBe(4);
});

it('has all that a command said which had ended before anybody could listen', async () => {
  const executor = endedWith(0, { stdout: 'the whole answer', stderr: 'and a warning' });
  const { code, stdout, stderr } = await executor.exec('true', { inactivity: 2_000 });
  expect({ code, stdout: stdout.toString(), stderr }).toEqual({
    code: 0,
    stdout: 'the whole answer',
    stderr: 'and a warning',
  });
});

/** Its status is known and its streams are shut when it is opened, as when all of it stands in one packet. */
function endedWith(
  code: number,
  { stdin = new PassThrough(), stdout = '', stderr = '' }: { stdin?: Writable; stdout?: string; stderr?: string },
) {
  return executorOver({
    name: 'host',
    open: async () => ({
      stdin,
      stdout: new PassThrough().end(stdout),
      stderr: new PassThrough().end(stderr),
      ended: Promise.resolve(code),
      stop: () => {},
    }),
    close: async () => {},
  });
}

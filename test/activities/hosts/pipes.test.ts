import { PassThrough, Writable } from 'node:stream';
import { expect, it } from 'vitest';
import { executorOver } from '../../../activities/hosts/pipes.ts';

it('answers for a command that had ended, its stdin shut and full, before anybody could listen', async () => {
  const nobodyReads = new Writable({ highWaterMark: 1, write: () => {} });
  const executor = executorOver({
    name: 'host',
    open: async () => ({
      stdin: nobodyReads,
      stdout: new PassThrough().end(),
      stderr: new PassThrough().end(),
      ended: Promise.resolve(4),
      stop: () => {},
    }),
    close: async () => {},
  });
  expect((await executor.exec('exit 4', { stdin: Buffer.alloc(300_000), inactivity: 2_000 })).code).toBe(4);
});

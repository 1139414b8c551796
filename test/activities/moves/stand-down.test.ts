/** Never all sites off: what is refused before an instance is touched. The instance itself is stopped in the lab's failback. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import type { StepContext } from '../../../activities/context.ts';
import { standDown } from '../../../activities/moves/stand-down.ts';

let server: Server | undefined;
afterEach(() => server?.close());

async function serving(body: object): Promise<string> {
  const listening = createServer((_request, response) => response.end(JSON.stringify(body)));
  server = listening;
  await new Promise<void>((ready) => listening.listen(0, '127.0.0.1', ready));
  return `http://127.0.0.1:${(listening.address() as AddressInfo).port}/status`;
}

async function tried(url: string, watch?: { good: number; bad: number }): Promise<string> {
  const input = {
    region: 'us-west-2',
    instance: 'i-1',
    name: 'app',
    within: 1_000,
    serving: 'us-east-1',
    urls: [url],
    expect: { ok: true },
    timeout: 1_000,
  };
  const context = {
    outputs: watch ? { watch } : {},
    signal: new AbortController().signal,
    ec2: () => Promise.reject(new Error('EC2 was asked')),
  };
  return await standDown.run(input, context as unknown as StepContext).then(
    () => 'stopped',
    (error: { type?: string; message: string }) => error.type ?? error.message,
  );
}

it('stops nothing while the site that is left over does not serve healthily', async () => {
  expect(await tried(await serving({ ok: false }), { good: 9, bad: 0 })).toBe('LastSiteStanding');
  expect(await tried('http://127.0.0.1:9/status', { good: 9, bad: 0 })).toBe('LastSiteStanding');
});

it('stops nothing when the watch saw a failure, or nothing at all', async () => {
  const url = await serving({ ok: true });
  expect(await tried(url, { good: 8, bad: 1 })).toBe('WatchNotGood');
  expect(await tried(url, { good: 0, bad: 0 })).toBe('WatchNotGood');
});

it('goes to EC2 only when both are good', async () => {
  expect(await tried(await serving({ ok: true }), { good: 9, bad: 0 })).toBe('EC2 was asked');
});

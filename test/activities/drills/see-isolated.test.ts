/** Whether a drill's host can reach the real thing: who answers, who refuses, and who is silent. */

import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { seeIsolated } from '../../../activities/drills/see-isolated.ts';
import type { HostExecutor } from '../../../activities/hosts/executor.ts';
import { localExecutor } from '../../../activities/hosts/local-executor.ts';
import { shellQuote } from '../../../activities/hosts/shell-quote.ts';
import { freePort } from '../../lab/aws/servers.ts';
import { someHost, stepContext, type TestContext } from '../../support/step-context.ts';

let server: Server;
let open: number;
let closed: number;
let context: TestContext;

beforeAll(async () => {
  server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  open = (server.address() as { port: number }).port;
  closed = await freePort();
  context = await stepContext({ host: async () => localExecutor() });
});
afterAll(() => server.close());

const looking = (...real: { name: string; address: string; ports: number[] }[]) => lookingFrom(context, ...real);
const lookingFrom = (from: TestContext, ...real: { name: string; address: string; ports: number[] }[]) =>
  seeIsolated.run(seeIsolated.input.parse({ host: someHost, real }), from);
const nobody = { name: 'db at east', address: '192.0.2.1', ports: [22, 5432] };

/** A network in which packets to one address are dropped, as a security group does, and every other address is nowhere. */
function cutOff(): HostExecutor {
  const inner = localExecutor();
  const drop = `ip link set lo up && ip addr add ${nobody.address}/32 dev lo && nft "add table inet t; add chain inet t i { type filter hook input priority 0; }; add rule inet t i ip daddr ${nobody.address} drop"`;
  return {
    ...inner,
    exec: (command, options) =>
      inner.exec(shellQuote('unshare', '-n', '--', 'bash', '-c', `${drop} && exec sh -c "$0"`, command), options),
  };
}

it('who cannot be reached at any port is out of reach: packets that are dropped, and places without a way there', async () => {
  const isolated = await stepContext({ host: async () => cutOff() });
  expect(await lookingFrom(isolated, nobody, { ...nobody, address: '198.51.100.1' })).toEqual({
    outcome: '2 real hosts are out of reach',
    tried: 4,
  });
});

it('one open port is enough to refuse, and it is named', async () => {
  await expect(looking({ name: 'app at west', address: '127.0.0.1', ports: [closed, open] })).rejects.toMatchObject({
    type: 'NotIsolated',
    message: expect.stringContaining(`app at west (127.0.0.1:${open})`),
  });
});

it('a port that is closed was reached all the same', async () => {
  await expect(looking({ name: 'app at west', address: '127.0.0.1', ports: [closed] })).rejects.toMatchObject({
    type: 'NotIsolated',
  });
});

it('a host that cannot look is not taken for one that is cut off', async () => {
  const deaf = {
    ...localExecutor(),
    exec: async () => ({ code: 127, stdout: Buffer.from(''), stderr: 'bash: not found' }),
  };
  const blind = await stepContext({ host: async () => deaf });
  await expect(
    seeIsolated.run(seeIsolated.input.parse({ host: someHost, real: [nobody] }), blind),
  ).rejects.toMatchObject({
    type: 'IsolationUnknown',
  });
});

/** What holds for every kind of receiver, each against a real server: what it takes arrives; what it does not is said in time, without a secret. */
import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { deliver } from '../../../activities/notices/deliver.ts';
import type { Notice } from '../../../activities/notices/driver.ts';
import { refusal } from '../../../domain/errors.ts';
import type { NoticeReceiver } from '../../../domain/plan/notices.ts';
import type { SecretRef } from '../../../domain/plan/values.ts';
import { startHttpReceiver } from '../../support/http-receiver.ts';
import { startMailServer } from '../../support/mail-server.ts';

const password = 'correct-horse-battery';
const secrets = { routing: 'R0UTINGKEY0123456789', signing: 'signing-secret-0123456789', password };

const notice: Notice = {
  service: 'spacetime',
  run: 'run-1',
  event: 'step-failed',
  severity: 'danger',
  text: 'FAILOVER us-east-1 -> us-west-2: Start i-1 failed',
  fields: { Procedure: 'FAILOVER us-east-1 -> us-west-2' },
  procedure: 'failover',
  level: 'P0',
  matter: 'step-failed:start-i-1',
};

interface Real {
  readonly receiver: NoticeReceiver;
  readonly values: Record<string, string>;
  /** What arrived, as text. */
  taken(): string[];
  stop(): Promise<void>;
}

/** By kind: at a server that takes, or refuses; or at a bare address, which hangs or where nobody is. */
interface Kind {
  readonly start: (refuses: boolean) => Promise<Real>;
  readonly at: (host: string, port: number) => Omit<Real, 'stop' | 'taken'>;
}

const byHttp = (receiver: (url: string) => NoticeReceiver): Kind => ({
  async start(refuses) {
    const server = await startHttpReceiver(() => (refuses ? 500 : 202));
    return {
      receiver: receiver(server.url),
      values: { URL: server.url, ...secrets },
      taken: () => server.posted.map(({ raw }) => raw.toString('utf8')),
      stop: server.stop,
    };
  },
  at: (host, port) => {
    const url = `http://${host}:${port}/T000/very-secret-path`;
    return { receiver: receiver(url), values: { URL: url, ...secrets } };
  },
});

const smtp = (host: string, port: number, ca?: string): NoticeReceiver => ({
  name: 'it',
  kind: 'email',
  from: 'muster@company.com',
  to: ['dr-coordinator@company.com'],
  smtp: {
    host,
    port,
    tls: 'starttls',
    user: 'muster',
    password: { env: 'password' },
    ...(ca ? { ca: { env: ca } } : {}),
  },
});

const kinds: Record<string, Kind> = {
  slack: byHttp(() => ({ name: 'it', kind: 'slack', url: { env: 'URL' } })),
  webhook: byHttp(() => ({ name: 'it', kind: 'webhook', url: { env: 'URL' } })),
  'signed webhook': byHttp(() => ({ name: 'it', kind: 'webhook', url: { env: 'URL' }, secret: { env: 'signing' } })),
  pagerduty: byHttp((url) => ({ name: 'it', kind: 'pagerduty', routingKey: { env: 'routing' }, url })),
  email: {
    async start(refuses) {
      const server = await startMailServer({ password, refuses });
      return {
        receiver: smtp('localhost', server.port, 'CA'),
        values: { CA: server.certificate, ...secrets },
        taken: () => server.mails.map(({ text }) => text),
        stop: server.stop,
      };
    },
    at: (host, port) => ({ receiver: smtp(host, port), values: secrets }),
  },
};

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((stop) => stop()));
});

const say = (receiver: NoticeReceiver, values: Record<string, string>, signal?: AbortSignal) =>
  deliver(receiver, notice, { secret: async (ref) => secretOf(ref, values), signal, now: () => Date.now() });

function secretOf(ref: SecretRef, values: Record<string, string>): string {
  const found = 'env' in ref ? values[ref.env] : undefined;
  if (found === undefined) throw refusal('SecretMissing', 'The variable is not set.', 'set it.');
  return found;
}

function expectNoSecret(why: string): void {
  for (const secret of [...Object.values(secrets), 'very-secret-path', '127.0.0.1']) expect(why).not.toContain(secret);
}

/** Takes connections and says nothing. */
async function silent(): Promise<{ port: number; server: Server }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  open.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((done) => server.close(done));
  });
  const { port } = server.address() as { port: number };
  return { port, server };
}

describe.each(Object.entries(kinds))('a receiver of kind %s', (_kind, { start, at }) => {
  const started = async (refuses = false) => {
    const real = await start(refuses);
    open.push(real.stop);
    return real;
  };

  it('is told once, and what it took is the notice', async () => {
    const { receiver, values, taken } = await started();
    expect(await say(receiver, values)).toBe('');
    expect(taken()).toEqual([expect.stringContaining('Start i-1 failed')]);
  });

  it('that refuses says so by a number, and not what it was sent', async () => {
    const { receiver, values, taken } = await started(true);
    const why = await say(receiver, values);
    expect(why).toMatch(/\b5\d\d\b/);
    expectNoSecret(why);
    expect(taken()).toEqual([]);
  });

  it('that takes the connection and never answers is given up in time', async () => {
    const { port } = await silent();
    const { receiver, values } = at('127.0.0.1', port);
    const began = performance.now();
    const why = await say(receiver, values);
    expect(performance.now() - began).toBeLessThan(12_000);
    expect(why).toMatch(/^no answer within \d+ ms$/);
  });

  it('that is not there is said not to be there', async () => {
    const { port, server } = await silent();
    await new Promise((done) => server.close(done));
    const { receiver, values } = at('127.0.0.1', port);
    const why = await say(receiver, values);
    expect(why).toMatch(/ECONNREFUSED/);
    expectNoSecret(why);
  });

  it('whose name nobody knows is said to be unknown', async () => {
    const { receiver, values } = at('nowhere.invalid', 9);
    const why = await say(receiver, values);
    expect(why).toMatch(/ENOTFOUND|EAI_AGAIN|could not be looked up/);
    expectNoSecret(why);
  });

  it('whose secret is not there is not asked, and the reference is named', async () => {
    const { receiver, taken } = await started();
    expect(await say(receiver, {})).toMatch(/not set/);
    expect(taken()).toEqual([]);
  });

  it('is let go when the attempt is cancelled', async () => {
    const { port } = await silent();
    const { receiver, values } = at('127.0.0.1', port);
    const stop = new AbortController();
    const saying = say(receiver, values, stop.signal);
    stop.abort(new Error('given up'));
    await expect(saying).rejects.toThrow('given up');
  });
});

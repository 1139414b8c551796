/** `GET /metrics` on an address of this machine. Says nothing else, takes nothing, and never waits for a reading. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { addressOf } from '../../domain/storage/local.ts';
import type { Collector } from './collector.ts';
import { contentType, exposition } from './exposition.ts';

export interface MetricsServer {
  /** Undefined while the address is taken. */
  port(): number | undefined;
  close(): Promise<void>;
}

interface ServeOptions extends Pick<Collector, 'samples'> {
  /** What is served, or why not, for the worker's log. */
  say(text: string): void;
  /** ms until an address that is taken is tried again. Default 5 s. */
  readonly again?: number;
}

/**
 * Never rejects: a worker whose metrics nobody can read still recovers, and Prometheus says that it is not `up`.
 *
 * @param address  `127.0.0.1:9091`; port 0 takes a free one
 */
export async function serveMetrics(address: string, options: ServeOptions): Promise<MetricsServer> {
  let server: Server | undefined;
  let timer: NodeJS.Timeout | undefined;
  let said = '';
  let closed = false;
  async function attempt(): Promise<void> {
    try {
      const next = await listening(address, options.samples);
      server = next;
      if (closed) await stop(next);
      else options.say(`metrics at ${address}`);
    } catch (error) {
      const why = (error as NodeJS.ErrnoException).code ?? String(error);
      if (why !== said) options.say(`no metrics at ${address}: ${why}`);
      said = why;
      if (closed) return;
      timer = setTimeout(() => void attempt(), options.again ?? 5_000);
      timer.unref();
    }
  }
  await attempt();
  return {
    port: () => (server?.address() as AddressInfo | null | undefined)?.port,
    async close() {
      closed = true;
      clearTimeout(timer);
      if (server) await stop(server);
    },
  };
}

async function listening(address: string, samples: Collector['samples']): Promise<Server> {
  const { host, port } = addressOf(address);
  const server = createServer((request, response) => void answer(request, response, samples));
  server.listen(port, host);
  await once(server, 'listening');
  return server;
}

async function stop(server: Server): Promise<void> {
  const gone = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await gone;
}

async function answer(
  { method, url = '' }: IncomingMessage,
  response: ServerResponse,
  samples: Collector['samples'],
): Promise<void> {
  const known = method === 'GET' && url.split('?')[0] === '/metrics';
  if (!known) return void response.writeHead(404).end();
  try {
    const text = await exposition(samples());
    response.writeHead(200, { 'content-type': contentType }).end(text);
  } catch (error) {
    // No half a page: Prometheus then has `up` 0 and says so.
    response.writeHead(500).end(error instanceof Error ? error.message : String(error));
  }
}

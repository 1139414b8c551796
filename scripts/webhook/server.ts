/** The HTTP side of the webhook: small bodies, short limits, JSON answers, one log line a request without its content. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type Receiver, receive } from './receive.ts';

/** Bytes of a body; what is asked for is a few hundred. */
const most = 64 * 1024;
/** ms for a whole request. */
const patience = 10_000;

/** @param log  told method, path, answer and delivery of every request */
export function webhookServer(receiver: Receiver, log: (line: string) => void): Server {
  const server = createServer({ requestTimeout: patience, headersTimeout: patience }, (request, response) => {
    answer(request, receiver)
      .catch(() => ({ status: 500, body: { error: 'an unexpected error' } }))
      .then(({ status, body }) => {
        const delivery = String(request.headers['muster-delivery'] ?? '-').replace(/[^\w-]/g, '?');
        log(`${request.method} ${request.url?.replace(/[^\w/-]/g, '?')} ${status} ${delivery.slice(0, 64)}`);
        send(response, status, body);
      });
  });
  server.maxHeadersCount = 50;
  return server;
}

async function answer(request: IncomingMessage, receiver: Receiver): Promise<{ status: number; body: object }> {
  if (request.url === '/health' && request.method === 'GET') return { status: 200, body: { ready: true } };
  if (request.url !== '/backup') return { status: 404, body: { error: 'POST /backup' } };
  if (request.method !== 'POST') return { status: 405, body: { error: 'POST /backup' } };
  const body = await bodyOf(request);
  if (!body) return { status: 413, body: { error: `a body has at most ${most} bytes` } };
  const header = (name: string) => {
    const value = request.headers[name];
    return typeof value === 'string' ? value : undefined;
  };
  const headers = {
    timestamp: header('muster-timestamp'),
    delivery: header('muster-delivery'),
    signature: header('muster-signature'),
  };
  return await receive(headers, body, receiver);
}

/** Undefined when it is too large. */
async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length;
    if (bytes <= most) chunks.push(chunk as Buffer);
  }
  return bytes <= most ? Buffer.concat(chunks) : undefined;
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(`${JSON.stringify(body)}\n`);
}

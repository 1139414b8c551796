/** An HTTP server on loopback that keeps what is posted to it, and answers as the test says. */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

export interface Posted {
  readonly headers: IncomingHttpHeaders;
  readonly raw: Buffer;
  readonly body: Record<string, unknown>;
}

/** @param answer  status; `hangs` never answers */
export async function startHttpReceiver(answer: () => number | 'hangs' = () => 200) {
  const posted: Posted[] = [];
  const server = createServer(async (request, response) => {
    const raw = await buffer(request);
    const status = answer();
    if (status === 'hangs') return;
    if (status < 300) posted.push({ headers: request.headers, raw, body: JSON.parse(raw.toString('utf8')) });
    response.writeHead(status).end(raw);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    posted,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/T000/very-secret-path`,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

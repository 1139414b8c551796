/** Passes one AWS request on to the server behind the proxy, and behaves like a network when that server is away. */
import { type IncomingMessage, request as openRequest, type ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

/** Errors of a host that does not answer at all: the caller's packets vanish, so the caller must be left hanging. */
const unreachable = new Set(['EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT', 'EHOSTDOWN']);
const retryEvery = 250;

export type Forwarding = { target: URL; request: IncomingMessage; response: ServerResponse; body: Buffer | undefined };

/**
 * Forwards with the Host header untouched, so that signatures stay valid. `body` undefined streams the request.
 * An unreachable target hangs, and goes through when it comes back while the caller still waits, as TCP would;
 * a target that refuses or breaks off resets the caller.
 */
export async function forward(forwarding: Forwarding, answer: 'return' | 'lose' = 'return'): Promise<void> {
  const { request, response, body } = forwarding;
  while (!request.socket.destroyed) {
    const outcome = await attempt(forwarding, answer);
    if (outcome === 'answered') return;
    if (outcome === 'broken') return void request.socket.resetAndDestroy();
    if (body === undefined) return; // A stream cannot be sent twice: hold the caller until it gives up.
    await delay(retryEvery);
  }
  response.destroy();
}

function attempt({ target, request, response, body }: Forwarding, answer: 'return' | 'lose') {
  return new Promise<'answered' | 'broken' | 'unreachable'>((resolve) => {
    const upstream = openRequest({
      host: target.hostname,
      port: target.port,
      method: request.method,
      path: request.url,
      headers: request.headers,
      agent: false,
    });
    const leave = () => upstream.destroy();
    request.socket.once('close', leave);
    upstream.once('error', (error: NodeJS.ErrnoException) => {
      request.socket.off('close', leave);
      resolve(unreachable.has(error.code ?? '') ? 'unreachable' : 'broken');
    });
    upstream.once('response', (reply) => {
      request.socket.off('close', leave);
      if (answer === 'lose') {
        reply.resume().once('end', () => resolve('broken'));
        return;
      }
      response.writeHead(reply.statusCode ?? 502, reply.statusMessage, reply.headers);
      reply.once('error', () => resolve('broken'));
      reply.pipe(response).once('finish', () => resolve('answered'));
      response.once('close', () => resolve('answered'));
    });
    if (body === undefined) request.pipe(upstream);
    else upstream.end(body);
  });
}

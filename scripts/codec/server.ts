/**
 * A codec server: the Temporal UI in a person's browser, and the `temporal` command, send it payloads to open or to seal. What it
 * opens never passes the Temporal server. Its log has paths and answers, never a payload or a key.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { PayloadCodec } from '@temporalio/common';
import { Refusal } from '../../domain/errors.ts';
import { fromJson, toJson } from './payload-json.ts';

/** Bytes of a request: a page of a history has payloads of up to 2 MB. */
const most = 64 * 1024 * 1024;
/** ms for a whole request. */
const patience = 30_000;

export interface CodecServing {
  readonly codec: PayloadCodec;
  /** Origins of UIs that may ask: `http://127.0.0.1:8233`. */
  readonly origins: readonly string[];
  /** Names that the server goes by, as `Host` has them; anything else was led here by somebody's DNS. */
  readonly hosts: readonly string[];
  /** What `Authorization: Bearer …` must say, where it must say something. */
  readonly token?: string;
  /** PEM. Without it, HTTP. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

interface Answer {
  readonly status: number;
  readonly body?: object;
}

/** @param log  told method, path and answer of every request */
export function codecServer(serving: CodecServing, log: (line: string) => void): Server {
  const limits = { requestTimeout: patience, headersTimeout: 10_000 };
  const take = (request: IncomingMessage, response: ServerResponse) => {
    answer(request, serving)
      .catch((): Answer => ({ status: 500, body: { message: 'an unexpected error' } }))
      .then(({ status, body }) => {
        const [path = ''] = (request.url ?? '').split('?');
        log(`${request.method} ${path.replace(/[^\w/-]/g, '?').slice(0, 64)} ${status}`);
        response.writeHead(status, { ...headersFor(request, serving), 'content-type': 'application/json' });
        response.end(body ? JSON.stringify(body) : undefined);
      });
  };
  return serving.tls ? createTlsServer({ ...limits, ...serving.tls }, take) : createServer(limits, take);
}

async function answer(request: IncomingMessage, serving: CodecServing): Promise<Answer> {
  const { origin, host } = request.headers;
  if (!serving.hosts.includes(hostName(host)))
    return refused(421, `this server does not go by the name ${hostName(host)}`);
  if (origin !== undefined && !serving.origins.includes(origin))
    return refused(403, `${origin} may not ask here; muster codec serve --origin ${origin}`);
  if (request.method === 'OPTIONS') return { status: 204 };
  const path = new URL(request.url ?? '/', 'http://codec').pathname;
  if (request.method === 'GET' && path === '/health') return { status: 200, body: { ready: true } };
  const work = path === '/encode' ? 'encode' : path === '/decode' ? 'decode' : undefined;
  if (!work) return refused(404, 'POST /encode or /decode');
  if (request.method !== 'POST') return refused(405, `POST ${path}`);
  if (!isAuthorized(request, serving.token)) return refused(401, 'Authorization: Bearer <token>');
  const body = await bodyOf(request);
  if (body === undefined) return refused(413, `a request has at most ${most} bytes`);
  return await translate(body, serving.codec, work);
}

async function translate(body: string, codec: PayloadCodec, work: 'encode' | 'decode'): Promise<Answer> {
  const payloads = fromJson(body);
  if (!payloads) return refused(400, 'the body is no {"payloads": [{"metadata": {…}, "data": "…"}]}');
  try {
    return { status: 200, body: { payloads: toJson(await codec[work](payloads)) } };
  } catch (error) {
    if (error instanceof Refusal) return refused(422, error.message);
    throw error;
  }
}

/** What a browser has to be told before it lets a page of another origin ask. */
function headersFor({ headers }: IncomingMessage, { origins }: CodecServing): Record<string, string> {
  const { origin } = headers;
  const always = { 'cache-control': 'no-store', vary: 'Origin' };
  if (origin === undefined || !origins.includes(origin)) return always;
  return {
    ...always,
    'access-control-allow-origin': origin,
    'access-control-allow-methods': 'POST, OPTIONS',
    'access-control-allow-headers': 'Authorization, Content-Type, X-Namespace',
    'access-control-allow-credentials': 'true',
    // A page of the public network (Temporal Cloud) asks a server on this machine.
    'access-control-allow-private-network': 'true',
    'access-control-max-age': '600',
  };
}

function isAuthorized({ headers }: IncomingMessage, token: string | undefined): boolean {
  if (token === undefined) return true;
  const given = headers.authorization?.match(/^Bearer (.+)$/)?.[1] ?? '';
  return timingSafeEqual(digest(given), digest(token));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** `localhost:8791` is `localhost`; `[::1]:8791` is `::1`. */
function hostName(host = ''): string {
  return host
    .replace(/:\d+$/, '')
    .replace(/^\[|\]$/g, '')
    .toLowerCase();
}

/** Undefined when it is too large. */
async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length;
    if (bytes <= most) chunks.push(chunk as Buffer);
  }
  return bytes <= most ? Buffer.concat(chunks).toString('utf8') : undefined;
}

function refused(status: number, message: string): Answer {
  return { status, body: { message } };
}

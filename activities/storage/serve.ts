/** Serves folders of `local` locations to hosts: signed URLs only, and a put never replaces anything. */
import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Refusal } from '../../domain/errors.ts';
import type { LocalLocation } from '../../domain/storage/local.ts';
import { assertThere, isFull } from './local.ts';
import { type LocalFiles, localFiles, missing } from './local-files.ts';
import { type SignedMethod, type UrlSigner, urlSigner } from './signed-url.ts';
import { bodyLimit } from './store.ts';

export interface ServedFolder {
  readonly name: string;
  readonly location: LocalLocation;
  readonly secret: string;
}

/** ms without a byte after which a connection is closed. */
const stalled = 30_000;

/** `tls`: PEM; without it plain HTTP, for this machine alone. The caller listens and closes. */
export function folderServer(folders: readonly ServedFolder[], tls?: { cert: string; key: string }): Server {
  const served = folders.map((each) => ({
    ...each,
    files: localFiles(join(each.location.folder, each.location.prefix)),
    signer: urlSigner(each.name, each.location.served.url, each.secret),
  }));
  const handle = (request: IncomingMessage, response: ServerResponse) => {
    answer(served, request, response).catch(() => {
      if (response.headersSent) response.destroy();
      else say(response, 500, 'InternalError');
    });
  };
  const server = tls ? createSecureServer({ ...tls, minVersion: 'TLSv1.3' }, handle) : createServer(handle);
  // A part may take long on a slow line; what stands still is closed.
  server.requestTimeout = 0;
  server.setTimeout(stalled);
  return server;
}

interface Served extends ServedFolder {
  readonly files: LocalFiles;
  readonly signer: UrlSigner;
}

async function answer(served: readonly Served[], request: IncomingMessage, response: ServerResponse): Promise<void> {
  const method: SignedMethod | undefined =
    request.method === 'PUT' ? 'PUT' : request.method === 'GET' || request.method === 'HEAD' ? 'GET' : undefined;
  if (!method) return await refuse(request, response, 405, 'MethodNotAllowed');
  const claims = served.map((folder) => ({ folder, claim: folder.signer.read(method, request.url ?? '') }));
  const good = claims.find(({ claim }) => typeof claim === 'object');
  if (!good || typeof good.claim !== 'object') {
    const expired = claims.some(({ claim }) => claim === 'expired');
    return await refuse(request, response, 403, expired ? 'Expired' : 'SignatureDoesNotMatch');
  }
  try {
    await assertThere(good.folder.name, good.folder.location);
    if (method === 'PUT') await take(good.folder.files, good.claim.key, request, response);
    else await give(good.folder.files, good.claim.key, request, response);
  } catch (error) {
    if (isFull(error)) return await refuse(request, response, 507, 'InsufficientStorage');
    if (error instanceof Refusal)
      return await refuse(request, response, error.type === 'KeyRefused' ? 403 : 503, error.type);
    throw error;
  }
}

async function take(files: LocalFiles, key: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.headers['if-none-match'] !== '*') return await refuse(request, response, 428, 'IfNoneMatchMissing');
  if (Number(request.headers['content-length'] ?? 0) > bodyLimit)
    return await refuse(request, response, 413, 'TooLarge');
  const { outcome } = await files.create(key, (file) => receive(request, file));
  if (outcome === 'exists') return await refuse(request, response, 412, 'PreconditionFailed');
  say(response, 201, 'Created');
}

/** Ends with an error, and so without an object, when the sender goes away before the end. */
async function receive(request: IncomingMessage, file: FileHandle): Promise<void> {
  let bytes = 0;
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length;
    if (bytes > bodyLimit) throw new Error('more than one part');
    await file.writeFile(chunk as Buffer);
  }
}

async function give(files: LocalFiles, key: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const file = await open(await files.pathOf(key), 'r').catch(missing);
  if (!file) return say(response, 404, 'NoSuchKey');
  try {
    const found = await file.stat();
    if (!found.isFile()) return say(response, 404, 'NoSuchKey');
    const range = rangeOf(request.headers.range, found.size);
    if (range === 'outside') {
      response.setHeader('Content-Range', `bytes */${found.size}`);
      return say(response, 416, 'InvalidRange');
    }
    const { from, to } = range ?? { from: 0, to: found.size - 1 };
    response.writeHead(range ? 206 : 200, {
      'Content-Length': to - from + 1,
      'Content-Type': 'application/octet-stream',
      'Accept-Ranges': 'bytes',
      ...(range ? { 'Content-Range': `bytes ${from}-${to}/${found.size}` } : {}),
    });
    if (request.method === 'HEAD' || to < from) response.end();
    else await pipeline(file.createReadStream({ start: from, end: to, autoClose: false }), response);
  } finally {
    await file.close();
  }
}

/** One range of bytes, as curl asks for it; what is no such range is ignored. */
function rangeOf(header: string | undefined, size: number): { from: number; to: number } | 'outside' | undefined {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? [];
  if (first === '' && last === '') return undefined;
  const from = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const to = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  return from > to ? 'outside' : { from, to };
}

/** Reads what the sender still sends, so that it sees the answer and not a broken connection. */
async function refuse(request: IncomingMessage, response: ServerResponse, status: number, code: string): Promise<void> {
  let bytes = 0;
  try {
    for await (const chunk of request) {
      bytes += (chunk as Buffer).length;
      if (bytes > bodyLimit) break;
    }
  } catch {
    // The sender has gone, or the body was read already.
  }
  say(response, status, code);
}

function say(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain' });
  response.end(`${code}\n`);
}

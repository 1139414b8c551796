/** One HTTP request through the service's name, on a connection of its own, within one limit for name and answer. */
import { request as plain, type RequestOptions } from 'node:http';
import { request as secure } from 'node:https';
import type { Resolve } from './resolve.ts';

export type Answer = { address?: string; status?: number; body?: string; why?: string };

const largestBody = 32 << 20;

/** Never rejects: what went wrong is in `why`. `body` given makes it a POST of JSON. */
export async function ask(url: URL, resolve: Resolve, limit: { timeoutMs: number; body?: unknown }): Promise<Answer> {
  const signal = AbortSignal.timeout(limit.timeoutMs);
  let address: string | undefined;
  try {
    address = await bounded(resolve(url.hostname), signal);
    const { status, body } = await send(url, address, limit.body, signal);
    return { address, status, body };
  } catch (error) {
    return { address, why: reason(error as NodeJS.ErrnoException, signal, address, limit.timeoutMs) };
  }
}

function send(
  url: URL,
  address: string,
  body: unknown,
  signal: AbortSignal,
): Promise<{ status: number; body: string }> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const json =
    text === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
  const options: RequestOptions & { servername?: string } = {
    host: address,
    port: url.port,
    path: `${url.pathname}${url.search}`,
    method: text === undefined ? 'GET' : 'POST',
    headers: { host: url.host, connection: 'close', ...json },
    agent: false,
    signal,
    servername: url.hostname,
  };
  return new Promise((resolve, reject) => {
    const request = (url.protocol === 'https:' ? secure : plain)(options, (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > largestBody) request.destroy(new Error('the answer is larger than 32 MiB'));
        else chunks.push(chunk);
      });
      response.once('end', () =>
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }),
      );
      response.once('error', reject);
    });
    request.once('error', reject);
    request.end(text);
  });
}

function bounded<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return Promise.race([
    work,
    new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true })),
  ]);
}

function reason(error: NodeJS.ErrnoException, signal: AbortSignal, address: string | undefined, limit: number): string {
  if (signal.aborted) return address ? `no answer in ${limit} ms` : `name not resolved in ${limit} ms`;
  if (!address) return `name not resolved: ${error.code ?? error.message}`;
  return error.code ?? error.message;
}

/** One HTTP request with a hard limit, whose name is resolved by the server that the caller chooses. */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import { addressesOf, makeResolver } from '../traffic/resolver.ts';

export interface RequestOptions {
  readonly method?: 'GET' | 'POST';
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** ms for name, connection and body together. */
  readonly timeout: number;
  /** DNS server, `address:port`; the system's when absent. */
  readonly resolver?: string;
  readonly signal?: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

const mostBytes = 1024 * 1024;

/** Redirects are not followed and connections not reused: each request sees what a new visitor would. */
export async function requestText(url: string, options: RequestOptions): Promise<HttpAnswer> {
  // A timer of Node takes whole milliseconds only, and what is left of a limit is seldom that.
  const timeout = Math.ceil(options.timeout);
  const limit = AbortSignal.timeout(timeout);
  const signal = options.signal ? AbortSignal.any([limit, options.signal]) : limit;
  const send = new URL(url).protocol === 'https:' ? httpsRequest : httpRequest;
  try {
    return await new Promise((resolve, reject) => {
      const sent = send(
        url,
        {
          method: options.method ?? 'GET',
          agent: false,
          signal,
          lookup: options.resolver ? lookupAt(options.resolver, timeout) : undefined,
          headers: {
            ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
            ...options.headers,
          },
        },
        (response) => readBody(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject),
      );
      sent.on('error', reject);
      sent.end(options.body);
    });
  } catch (error) {
    options.signal?.throwIfAborted();
    if (limit.aborted) throw new Error(`no answer within ${timeout} ms`);
    throw error;
  }
}

async function readBody(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > mostBytes) throw new Error(`the answer is longer than ${mostBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function lookupAt(server: string, timeout: number): LookupFunction {
  return (hostname, options, callback) => {
    addressesOf(makeResolver(server, timeout), hostname).then(
      ([address, ...more]) => {
        if (address === undefined)
          callback(Object.assign(new Error(`${hostname} has no address at ${server}`), { code: 'ENOTFOUND' }), '', 4);
        else if (options.all)
          callback(
            null,
            [address, ...more].map((each) => ({ address: each, family: 4 })),
          );
        else callback(null, address, 4);
      },
      (error: NodeJS.ErrnoException) => callback(error, '', 4),
    );
  };
}

/** What every kind of receiver does: brings one notice to it within a short limit, and says why it could not. */
import type { Level } from '../../domain/notices/events.ts';
import type { NoticeReceiver } from '../../domain/plan/notices.ts';
import type { SecretRef } from '../../domain/plan/values.ts';
import type { NoticeCall } from '../../domain/run/protocol.ts';
import { requestText } from '../health/request.ts';

export interface Delivering {
  secret(ref: SecretRef): Promise<string>;
  readonly signal?: AbortSignal;
  /** ms since 1970 */
  now(): number;
}

/** A notice as a receiver is told it: how urgent it is stands in it. */
export interface Notice extends NoticeCall {
  readonly level: Level;
}

/** Empty when it was taken, else why not: without any address or secret. Rejects only when cancelled, or where a secret is not there. */
export type Driver<Receiver extends NoticeReceiver> = (
  receiver: Receiver,
  notice: Notice,
  delivering: Delivering,
) => Promise<string>;

/** ms, name and connection included. */
const limit = 4_000;

interface Post {
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One POST. The address is a secret and stands in no error. */
export async function post(url: string, { body, headers }: Post, signal?: AbortSignal): Promise<string> {
  try {
    const { status } = await requestText(url, { method: 'POST', body, headers, timeout: limit, signal });
    return status >= 200 && status <= 299 ? '' : `it answered ${status}`;
  } catch (error) {
    signal?.throwIfAborted();
    return scrub(error, url);
  }
}

function scrub(error: unknown, url: string): string {
  const named = error as NodeJS.ErrnoException;
  if (named.code === 'ERR_INVALID_URL') return 'its address is not a URL';
  return (named.code ?? named.message ?? String(error)).replaceAll(url, 'its address');
}

/** What the Google SDK throws, said as facts. */
import { Refusal } from '../../domain/errors.ts';
import type { StorePlace } from './faults.ts';
import * as faults from './faults.ts';

interface ApiError {
  readonly code?: number | string;
  readonly name?: string;
  readonly message?: string;
  readonly errors?: readonly { readonly reason?: string; readonly message?: string }[];
  readonly response?: { readonly headers?: Record<string, string> | { get?(name: string): string | null } };
}

/** An error 404 is the bucket's here: drivers ask again before they say so of an object. */
export function explainGcs(error: unknown, place: StorePlace): Error {
  if (error instanceof Refusal) return error;
  const { code, errors } = error as ApiError;
  const reason = errors?.[0]?.reason ?? String(code ?? (error as Error).name);
  const text = faults.textOf(error);
  if (code === 404) return faults.holderMissing(place);
  if (code === 507 || reason === 'quotaExceeded') return faults.full(place, reason);
  if (/retention ?policy|under active .*hold/i.test(`${reason} ${text}`)) return faults.locked(place, reason);
  // Google's token server says so of a clock that is off, and of a key that was deleted.
  if (/invalid_grant|reasonable timeframe/.test(text)) return faults.denied(place, 'invalid_grant', answeredAt(error));
  if (code === 401 || code === 403) return faults.denied(place, reason, answeredAt(error));
  return faults.connectionFault(place, reason, error);
}

export function isMissing(error: unknown): boolean {
  return (error as ApiError).code === 404;
}

export function isPreconditionFailed(error: unknown): boolean {
  return (error as ApiError).code === 412;
}

function answeredAt(error: unknown): Date | undefined {
  const headers = (error as ApiError).response?.headers;
  const date = typeof headers?.get === 'function' ? headers.get('date') : (headers as Record<string, string>)?.date;
  return date ? new Date(date) : undefined;
}

/** What the Azure SDK throws, said as facts. */
import { Refusal } from '../../domain/errors.ts';
import type { StorePlace } from './faults.ts';
import * as faults from './faults.ts';

interface RestError {
  readonly code?: string;
  readonly statusCode?: number;
  readonly details?: { readonly errorCode?: string };
  readonly response?: { readonly headers?: { get(name: string): string | undefined } };
}

export function explainAzure(error: unknown, place: StorePlace): Error {
  if (error instanceof Refusal) return error;
  const { statusCode, response } = error as RestError;
  const code = codeOf(error);
  if (code === 'ContainerNotFound' || code === 'ContainerBeingDeleted') return faults.holderMissing(place);
  if (code === 'BlobNotFound' || statusCode === 404) return faults.objectMissing(place);
  if (/^BlobImmutable|^BlobHasLegalHold|ImmutabilityPolicy/.test(code)) return faults.locked(place, code);
  if (code === 'InsufficientStorage' || statusCode === 507) return faults.full(place, code);
  if (statusCode === 401 || statusCode === 403) {
    const date = response?.headers?.get('date');
    return faults.denied(place, code || String(statusCode), date ? new Date(date) : undefined);
  }
  return faults.connectionFault(place, code || (error as Error).name, error);
}

export function isMissing(error: unknown): boolean {
  // A HEAD has no body: the code comes in a header, and some servers leave it out.
  return codeOf(error) === 'BlobNotFound' || (codeOf(error) === '' && (error as RestError).statusCode === 404);
}

/** 412, and 409 for a blob that is there although none was to be. */
export function isPreconditionFailed(error: unknown): boolean {
  return (error as RestError).statusCode === 412 || codeOf(error) === 'BlobAlreadyExists';
}

function codeOf(error: unknown): string {
  const { code, details, response } = (error ?? {}) as RestError;
  const written = code ?? details?.errorCode ?? response?.headers?.get('x-ms-error-code') ?? '';
  return written === 'RestError' ? '' : written;
}

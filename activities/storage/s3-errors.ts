/** What the S3 SDK throws, said as facts: which refusals nothing but a person can mend, and which faults pass. */
import { Refusal, refusal } from '../../domain/errors.ts';
import type { StorePlace } from './faults.ts';
import * as faults from './faults.ts';

interface SdkError {
  readonly name?: string;
  readonly Code?: string;
  readonly ServerTime?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly $response?: { readonly headers?: Record<string, string | undefined> };
}

const denied = [
  'AccessDenied',
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
  'InvalidToken',
  'ExpiredToken',
  // versitygw's answer to an unknown access key, with status 404.
  'XAdminUserNotFound',
];
const skewed = ['RequestTimeTooSkewed', 'RequestExpired', 'RequestInTheFuture'];
const full = ['QuotaExceeded', 'XMinioStorageFull', 'InsufficientStorage', 'InsufficientCapacity'];

/** Runs a call and turns the SDK's errors into ours. */
export async function guarded<T>(place: StorePlace, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw explain(error, place);
  }
}

export function isMissing(error: unknown): boolean {
  const code = codeOf(error);
  return code === 'NoSuchKey' || code === 'NotFound' || code === 'NoSuchVersion';
}

/** 412, and 409 where two conditional writes met in the same moment. */
export function isPreconditionFailed(error: unknown): boolean {
  return codeOf(error) === 'PreconditionFailed' || codeOf(error) === 'ConditionalRequestConflict';
}

function explain(error: unknown, place: StorePlace): Error {
  if (error instanceof Refusal) return error;
  const code = codeOf(error);
  const text = faults.textOf(error);
  const status = (error as SdkError).$metadata?.httpStatusCode;
  if (code === 'NoSuchBucket' || (code === 'NotFound' && status === 404)) return faults.holderMissing(place);
  if (code === 'NoSuchKey') return faults.objectMissing(place);
  if (skewed.includes(code)) return faults.clockSkewed(place, code, answeredAt(error as SdkError));
  if (full.includes(code) || status === 507) return faults.full(place, code);
  if (denied.includes(code) || status === 401 || status === 403) {
    return faults.denied(place, code, answeredAt(error as SdkError));
  }
  if (code === 'CredentialsProviderError') {
    return faults.noCredentials(
      place,
      'name `accessKeyId` and `secretAccessKey` in the plan, or give the worker an instance role.',
    );
  }
  if (status === 400 && /object ?lock/i.test(`${code} ${text}`)) {
    return refusal(
      'LockRefused',
      `Storage location ${place.location}: bucket ${place.holder} does not take retention locks (${code}: ${text}).`,
      'turn object lock on for the bucket, or take `lock` of this location out of the plan.',
    );
  }
  // One rotten object says nothing of the others: the location answers.
  if (/^Checksum mismatch/.test(text)) return faults.damaged(place);
  return faults.connectionFault(place, code, error);
}

function answeredAt({ ServerTime, $response }: SdkError): Date | undefined {
  const written = ServerTime ?? $response?.headers?.date;
  return written ? new Date(written) : undefined;
}

export function codeOf(error: unknown): string {
  const { name, Code } = (error ?? {}) as SdkError;
  // Errors without a modelled type have their code in `Code` only.
  return name && name !== 'Error' && name !== 'Unknown' && name !== 'UnknownError' ? name : (Code ?? name ?? '');
}

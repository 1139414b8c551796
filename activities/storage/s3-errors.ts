/** What the S3 SDK throws, said as facts: which refusals nothing but a person can mend, and which faults pass. */
import { Refusal, refusal } from '../../domain/errors.ts';

interface Place {
  readonly location: string;
  readonly bucket: string;
  readonly key: string;
}

interface SdkError {
  readonly name?: string;
  readonly Code?: string;
  readonly message?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
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

/** Runs a call and turns the SDK's errors into ours. */
export async function guarded<T>(place: Place, action: () => Promise<T>): Promise<T> {
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

function explain(error: unknown, { location, bucket, key }: Place): Error {
  if (error instanceof Refusal) return error;
  const code = codeOf(error);
  const status = (error as SdkError).$metadata?.httpStatusCode;
  if (code === 'NoSuchBucket' || (code === 'NotFound' && status === 404)) {
    return refusal(
      'BucketMissing',
      `Storage location ${location}: there is no bucket ${bucket}.`,
      'create it with versioning on, or correct `storage` in the plan.',
    );
  }
  if (code === 'NoSuchKey') {
    return refusal(
      'ObjectNotFound',
      `Storage location ${location} has no object ${key}.`,
      '`muster points` shows what is there.',
    );
  }
  if (denied.includes(code) || status === 401 || status === 403) {
    return refusal(
      'StoreDenied',
      `Storage location ${location} refused access to ${bucket}/${key} (${code}).`,
      'check the access key of this location, its rights on the bucket, and the clock of this machine.',
    );
  }
  if (code === 'CredentialsProviderError') {
    return refusal(
      'StoreDenied',
      `Storage location ${location}: no credentials were found.`,
      'name `accessKeyId` and `secretAccessKey` in the plan, or give the worker an instance role.',
    );
  }
  if (code === 'ObjectTooLarge') {
    return refusal(
      'ObjectTooLarge',
      (error as Error).message,
      'check who wrote it; Muster never writes such an object.',
    );
  }
  if (status === 400 && /object ?lock/i.test(`${code} ${textOf(error)}`)) {
    return refusal(
      'LockRefused',
      `Storage location ${location}: bucket ${bucket} does not take retention locks (${code}: ${textOf(error)}).`,
      'turn object lock on for the bucket, or take `lock` of this location out of the plan.',
    );
  }
  // One rotten object says nothing of the others: the location answers.
  if (/^Checksum mismatch/.test(textOf(error))) {
    return refusal(
      'ObjectDamaged',
      `Storage location ${location}: ${key} is not what was put there (its checksum differs).`,
      'use the copy at another location, and bring a good one back to this.',
    );
  }
  const passing = new Error(`Storage location ${location}: ${code || 'error'} at ${key || bucket}: ${textOf(error)}`);
  passing.name = 'StoreUnreachable';
  passing.cause = error;
  return passing;
}

export function codeOf(error: unknown): string {
  const { name, Code } = (error ?? {}) as SdkError;
  // Errors without a modelled type have their code in `Code` only.
  return name && name !== 'Error' && name !== 'Unknown' && name !== 'UnknownError' ? name : (Code ?? name ?? '');
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** What may be wrong with a storage location, said the same way by every driver: the fact, and what to do about it. */
import { formatDuration } from '../../domain/duration.ts';
import { type Refusal, refusal } from '../../domain/errors.ts';

/** Where a call went. */
export interface StorePlace {
  readonly location: string;
  /** `bucket`, `container` or `folder`. */
  readonly kind: string;
  readonly holder: string;
  readonly key: string;
}

/** Stores refuse requests whose time is 15 minutes off, some already 5. */
const tolerated = 4 * 60_000;

export function holderMissing({ location, kind, holder }: StorePlace): Refusal {
  const how = { bucket: 'create it with versioning on', folder: 'mount or create it' }[kind] ?? 'create it';
  return refusal(
    'BucketMissing',
    `Storage location ${location}: there is no ${kind} ${holder}.`,
    `${how}, or correct \`storage\` in the plan.`,
  );
}

export function objectMissing({ location, key }: StorePlace): Refusal {
  return refusal(
    'ObjectNotFound',
    `Storage location ${location} has no object ${key}.`,
    '`muster points` shows what is there.',
  );
}

/** `answered`: the store's clock when it said no. A clock that is far off is why, more often than a wrong key. */
export function denied(place: StorePlace, code: string, answered?: Date): Refusal {
  if (answered && Math.abs(answered.getTime() - Date.now()) > tolerated) return clockSkewed(place, code, answered);
  const { location, holder, key } = place;
  return refusal(
    'StoreDenied',
    `Storage location ${location} refused access to ${holder}/${key} (${code}).`,
    'check the access key of this location, its rights there, and the clock of this machine.',
  );
}

export function clockSkewed({ location }: StorePlace, code: string, answered?: Date): Refusal {
  const off = answered ? Date.now() - answered.getTime() : undefined;
  const far =
    off === undefined || Number.isNaN(off)
      ? 'is off'
      : `is ${formatDuration(Math.round(Math.abs(off) / 1_000) * 1_000)} ${off > 0 ? 'ahead of' : 'behind'} the store's`;
  return refusal(
    'ClockSkewed',
    `Storage location ${location} refused a request because the clock of this machine ${far} (${code}).`,
    'set the clock (timedatectl, chronyc tracking), here and on the hosts, then retry.',
  );
}

export function noCredentials({ location }: StorePlace, hint: string): Refusal {
  return refusal('StoreDenied', `Storage location ${location}: no credentials were found.`, hint);
}

export function full({ location, holder }: StorePlace, code: string): Refusal {
  return refusal(
    'StoreFull',
    `Storage location ${location}: ${holder} has no room left (${code}).`,
    'free some room there or raise its quota, then retry this step.',
  );
}

/** A policy of the store itself, which Muster did not set. */
export function locked({ location, key }: StorePlace, code: string): Refusal {
  return refusal(
    'ObjectLocked',
    `Storage location ${location} keeps ${key} from being changed or deleted (${code}).`,
    'wait until its policy lets it go; a lock is there to be waited for.',
  );
}

export function damaged({ location, key }: StorePlace): Refusal {
  return refusal(
    'ObjectDamaged',
    `Storage location ${location}: ${key} is not what was put there (its checksum differs).`,
    'use the copy at another location, and bring a good one back to this.',
  );
}

export function tooLarge(key: string, bytes: number, limit: number): Refusal {
  return refusal(
    'ObjectTooLarge',
    `${key} has ${bytes} bytes or more; ${limit} were expected at most.`,
    'check who wrote it; Muster never writes such an object.',
  );
}

/** Faults below the store's own answers: TLS that cannot be trusted is for a person to mend, the rest passes. */
export function connectionFault(place: StorePlace, code: string, error: unknown): Error {
  const text = textOf(error);
  if (/protocol.version|unsupported.protocol|wrong.version|no.protocols.available/i.test(text)) {
    return refusal(
      'TlsTooOld',
      `Storage location ${place.location} does not speak TLS 1.3.`,
      'turn TLS 1.3 on at its server, or name an endpoint that has it.',
    );
  }
  if (/self.signed|unable to (verify|get)|CERT_|certificate|altnames/i.test(text)) {
    return refusal(
      'CertificateUntrusted',
      `Storage location ${place.location}: the certificate of its server is not to be trusted: ${text}.`,
      'install the authority on this machine (NODE_EXTRA_CA_CERTS) and on the hosts, or renew the certificate.',
    );
  }
  if (/no space left on device/i.test(text)) return full(place, code);
  const passing = new Error(
    `Storage location ${place.location}: ${code || 'error'} at ${place.key || place.holder}: ${text}`,
  );
  passing.name = 'StoreUnreachable';
  passing.cause = error;
  return passing;
}

/** The message, and those of what caused it. */
export function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const inner = error.cause ?? (error as { innerError?: unknown }).innerError;
  return inner instanceof Error && !error.message.includes(inner.message)
    ? `${error.message}: ${textOf(inner)}`
    : error.message;
}

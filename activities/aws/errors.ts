/** What AWS says, as facts with hints: refusals where retrying cannot help, passing faults where it can. */
import { Refusal, refusal } from '../../domain/errors.ts';

/** AWS error codes that no retry mends, by what a person must do. Anything not listed is a passing fault. */
const refusals: readonly { type: string; codes: RegExp; hint: string }[] = [
  {
    type: 'AccessDenied',
    codes: /^(AccessDenied(Exception)?|UnauthorizedOperation|OptInRequired|Blocked)$/,
    hint: 'give the credentials of this worker the right to do that (see docs/permissions.md), then retry the step.',
  },
  {
    type: 'CredentialsRefused',
    codes:
      /^(AuthFailure|InvalidClientTokenId|UnrecognizedClientException|SignatureDoesNotMatch|InvalidAccessKeyId|ExpiredToken(Exception)?|RequestExpired|CredentialsProviderError|TokenRefreshRequired)$/,
    hint: 'check the AWS credentials and the clock of this worker.',
  },
  {
    type: 'InstanceNotFound',
    codes: /^InvalidInstanceID(\.NotFound|\.Malformed)?$/,
    hint: 'check the tags in the plan, and that nobody terminated the instance; then start a new run.',
  },
  {
    type: 'InstanceUnusable',
    codes: /^(IncorrectInstanceState|UnsupportedOperation|InvalidVolume\.NotFound|VolumeInUse)$/,
    hint: 'look at the instance in the EC2 console; it cannot do this in its present state.',
  },
  {
    type: 'DatabaseNotFound',
    codes: /^DBInstanceNotFound(Fault)?$/,
    hint: 'correct the instance in `databases[].sites` of the plan.',
  },
  {
    type: 'DatabaseRefused',
    codes: /^(DBInstanceAlreadyExists(Fault)?|InvalidParameter(Value|Combination)|.*QuotaExceeded(Fault)?)$/,
    hint: 'put right what RDS says, then retry the step.',
  },
  { type: 'ZoneNotFound', codes: /^NoSuchHostedZone$/, hint: 'correct traffic.zone in the plan.' },
  {
    type: 'RecordRefused',
    codes: /^(InvalidChangeBatch|InvalidInput|InvalidDomainName)$/,
    hint: 'correct the record and its targets in the plan.',
  },
];

const slowDown = /^(Throttling(Exception)?|ThrottledException|RequestLimitExceeded|TooManyRequestsException|SlowDown)$/;
const noCapacity =
  /^(InsufficientInstanceCapacity|InsufficientCapacity|InsufficientHostCapacity|Server\.Insufficient.*)$/;

/**
 * The error to throw for a failed AWS call. Refusals pass through untouched, so it may wrap anything.
 *
 * @param what  what could not be done: `Instance i-1 in us-west-2 could not be started`
 */
export function awsError(error: unknown, what: string): Error {
  if (error instanceof Refusal) return error;
  const code = awsCode(error);
  const said = `${what}: ${[code, messageOf(error)].filter(Boolean).join(': ')}.`;
  const known = refusals.find(({ codes }) => codes.test(code));
  if (known) return refusal(known.type, said, known.hint);
  if (slowDown.test(code)) return passing('Throttled', said, 'wait: it is tried again, more slowly.', error);
  if (noCapacity.test(code)) {
    return passing(
      'NoCapacity',
      said,
      'wait, or reserve capacity; it is tried again for as long as the step may take.',
      error,
    );
  }
  return passing(code || 'AwsUnreachable', said, 'wait: it is tried again.', error);
}

/** True when the service could not be asked at all: nothing answered in time, or nobody at that address. */
export function isUnreachable(error: unknown): boolean {
  const named = error as { name?: string; code?: string; $response?: { statusCode?: number } };
  if (named?.$response?.statusCode) return named.$response.statusCode >= 500 && !slowDown.test(awsCode(error));
  return (
    /^(TimeoutError|AbortError|LimitPassed)$/.test(named?.name ?? '') || /^E(?!RR_)[A-Z_]+$/.test(named?.code ?? '')
  );
}

/** `NoSuchHostedZone`, `UnauthorizedOperation`; empty when there is none. */
export function awsCode(error: unknown): string {
  const named = error as { Code?: string; name?: string; code?: string };
  const code = named?.Code ?? named?.name ?? '';
  return code === 'Error' || code === 'UnknownError' ? (named.code ?? '') : code;
}

/** An error that is worth another try, in the same form as a refusal. */
export function passing(type: string, fact: string, hint: string, cause?: unknown): Error {
  const error = new Error(`${fact} Try: ${hint}`, cause === undefined ? undefined : { cause });
  error.name = type;
  return error;
}

function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/\.$/, '');
}

/** Passing faults of hosts: thrown, counted as retryable, and told apart by `type`. What retrying cannot mend is a `Refusal`. */

export type HostFaultType =
  /** No connection within the limit, or refused, or no route. */
  | 'HostUnreachable'
  /** The connection broke under a command, which may or may not have ended. */
  | 'ConnectionLost'
  /** A command said nothing for longer than its limit. */
  | 'HostSilent'
  /** The key was not accepted; a host that is still booting does that. */
  | 'HostLoginRefused'
  /** A command of Muster's own ended with a status it never should. */
  | 'HostCommandFailed'
  /** The host rebooted or the job's process vanished; starting again is safe. */
  | 'JobLost'
  /** The job's script asked to be started again later. */
  | 'JobTryAgain';

export class HostFault extends Error {
  readonly type: HostFaultType;

  constructor(type: HostFaultType, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = type;
    this.type = type;
  }
}

/** Faults that mending the connection may mend. */
export function isConnectionFault(error: unknown): error is HostFault {
  const types: HostFaultType[] = ['HostUnreachable', 'ConnectionLost', 'HostSilent', 'HostLoginRefused'];
  return error instanceof HostFault && types.includes(error.type);
}

export function isFault(error: unknown, type: HostFaultType): error is HostFault {
  return error instanceof HostFault && error.type === type;
}

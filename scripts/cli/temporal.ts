/**
 * The connection to Temporal, from temporal.toml, `TEMPORAL_ADDRESS` and friends, or `--address` and `--namespace`.
 * Every call has a deadline: at three in the morning a hung server must not look like a slow one.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { NamespaceNotFoundError } from '@temporalio/client';
import { connectClient, type TemporalClient } from '../../activities/temporal/connect.ts';
import type { Env, Given } from '../../activities/temporal/settings.ts';
import { grpcCodeOf } from '../../activities/temporal/why-no-connection.ts';
import { refusal } from '../../domain/errors.ts';

export { temporalPlace } from '../../activities/temporal/settings.ts';
export { accessDenied, grpcCodeOf, noServer } from '../../activities/temporal/why-no-connection.ts';

/** ms that a worker has to answer a query. */
export const queryPatience = 3_000;

export type Temporal = TemporalClient;

/** @throws NoServer, TlsRefused, AccessDenied, TemporalSettings */
export async function connectTemporal(env: Env, given: Given): Promise<Temporal> {
  return await connectClient(env, given);
}

/** @throws whatever `work` throws; a server that is silent for `ms` counts as a gRPC deadline error */
export async function inTime<Value>(temporal: Temporal, ms: number, work: () => Promise<Value>): Promise<Value> {
  return await temporal.client.withDeadline(Date.now() + ms, work);
}

/** The same error as a refusal, where it says that the namespace does not exist. */
export function namedNamespace(error: unknown): unknown {
  if (!(error instanceof NamespaceNotFoundError)) return error;
  return refusal(
    'NamespaceUnknown',
    `The Temporal server has no namespace ${error.namespace}.`,
    'name another one with --namespace, TEMPORAL_NAMESPACE or temporal.toml, or create it: temporal operator namespace create.',
  );
}

/** Server gone (14), or silent (4). */
export function isUnreachable(error: unknown): boolean {
  const code = grpcCodeOf(error);
  return code === 14 || code === 4;
}

/** The server does not know who we are (16), or does not let us (7). */
export function isDenied(error: unknown): boolean {
  const code = grpcCodeOf(error);
  return code === 16 || code === 7;
}

/** The run takes no Update now (9): its last task failed, or was lost with a worker, three times and more. */
export function takesNoUpdate(error: unknown): boolean {
  return grpcCodeOf(error) === 9;
}

/** Sends an Update; again for so many ms while the run takes none: after workers died, until another one has done its next task. */
export async function onceItTakesOne<Answer>(patience: number, send: () => Promise<Answer>): Promise<Answer> {
  const limit = Date.now() + patience;
  for (;;) {
    try {
      return await send();
    } catch (error) {
      if (!takesNoUpdate(error) || Date.now() > limit) throw error;
      await pause(500);
    }
  }
}

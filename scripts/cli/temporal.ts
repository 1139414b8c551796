/**
 * The connection to Temporal, from temporal.toml, `TEMPORAL_ADDRESS` and friends, or `--address` and `--namespace`.
 * Every call has a deadline: at three in the morning a hung server must not look like a slow one.
 */
import { Client, Connection, isGrpcServiceError, NamespaceNotFoundError } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { refusal } from '../../domain/errors.ts';

/** ms that a worker has to answer a query. */
export const queryPatience = 3_000;
const connectPatience = 5_000;

export interface Temporal {
  readonly client: Client;
  readonly address: string;
  readonly namespace: string;
  close(): Promise<void>;
}

type Env = Readonly<Record<string, string | undefined>>;

/** Where the server is said to be; nothing is asked of it. */
export function temporalPlace(env: Env, given: { address?: string; namespace?: string }) {
  const config = loadClientConnectConfig({ overrideEnvVars: definedOf(env) });
  const { address, ...security } = config.connectionOptions;
  return {
    address: given.address ?? address ?? '127.0.0.1:7233',
    namespace: given.namespace ?? config.namespace ?? 'default',
    security,
  };
}

/** @throws NoServer */
export async function connectTemporal(env: Env, given: { address?: string; namespace?: string }): Promise<Temporal> {
  const { address, namespace, security } = temporalPlace(env, given);
  const { tls, apiKey, metadata } = security;
  try {
    const connection = await Connection.connect({
      address,
      tls,
      apiKey,
      metadata: metadata as Record<string, string> | undefined,
      connectTimeout: connectPatience,
    });
    const client = new Client({ connection, namespace });
    return { client, address, namespace, close: () => connection.close() };
  } catch (error) {
    throw noServer(address, error);
  }
}

/** @throws whatever `work` throws; a server that is silent for `ms` counts as a gRPC deadline error */
export async function inTime<Value>(temporal: Temporal, ms: number, work: () => Promise<Value>): Promise<Value> {
  return await temporal.client.withDeadline(Date.now() + ms, work);
}

export function noServer(address: string, error: unknown): Error {
  const cause = error instanceof Error ? error.message : String(error);
  return refusal(
    'NoServer',
    `No Temporal server answers at ${address} (${cause.split('\n')[0]}).`,
    'check that it runs; name another one with --address, TEMPORAL_ADDRESS or temporal.toml. When Temporal is lost for good, a recovery point is restorable by hand: see RESTORE.md beside its manifest.',
  );
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

/** gRPC status of an error or of what caused it, by number; undefined for anything else. */
export function grpcCodeOf(error: unknown): number | undefined {
  for (let each: unknown = error; each instanceof Error; each = each.cause) {
    if (isGrpcServiceError(each)) return each.code;
  }
  return undefined;
}

/** Server gone (14), or silent (4). */
export function isUnreachable(error: unknown): boolean {
  const code = grpcCodeOf(error);
  return code === 14 || code === 4;
}

function definedOf(env: Env): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

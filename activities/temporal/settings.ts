/**
 * Where the Temporal server is and how one shows who one is, for worker, command and webhook alike: `temporal.toml` with
 * `TEMPORAL_PROFILE`, then `TEMPORAL_*`, then what the command line says. Nothing is asked of the server here.
 */
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { refusal } from '../../domain/errors.ts';
import { type ApiKey, followApiKey } from './api-key.ts';

export type Env = Readonly<Record<string, string | undefined>>;
export type Given = { readonly address?: string; readonly namespace?: string };

/** How the connection is secured. `true` is TLS with the machine's own authorities. */
export type Tls =
  | boolean
  | {
      serverNameOverride?: string;
      serverRootCACertificate?: Uint8Array;
      clientCertPair?: { crt: Uint8Array; key: Uint8Array };
    };

export interface TemporalPlace {
  /** host:port */
  readonly address: string;
  readonly namespace: string;
  readonly tls?: Tls;
  readonly apiKey?: ApiKey;
  /** Headers of every request, from `[profile.X.grpc_meta]`. */
  readonly metadata?: Record<string, string>;
}

/**
 * In: the environment, and what the command line says. `MUSTER_TEMPORAL_API_KEY_FILE` names a file that holds the API
 * key and is read again when it changes.
 *
 * @throws TemporalSettings where a file cannot be read, or says what does not go together
 */
export function temporalPlace(env: Env, given: Given = {}): TemporalPlace {
  const { connectionOptions, namespace } = configOf(env);
  const { address, tls, apiKey, metadata } = connectionOptions;
  const file = env.MUSTER_TEMPORAL_API_KEY_FILE;
  if (file && typeof apiKey === 'string') {
    throw refusal(
      'TemporalSettings',
      'There are two API keys: one in TEMPORAL_API_KEY or temporal.toml, and one in MUSTER_TEMPORAL_API_KEY_FILE.',
      'keep the file, which can be rotated without a restart.',
    );
  }
  const secured = (tls as Tls | null | undefined) ?? undefined;
  return {
    address: given.address ?? address ?? '127.0.0.1:7233',
    namespace: given.namespace ?? namespace ?? 'default',
    tls: secured ?? (file ? true : undefined),
    apiKey: file ? followApiKey(file) : typeof apiKey === 'string' ? { now: () => apiKey } : undefined,
    metadata: metadata as Record<string, string> | undefined,
  };
}

function configOf(env: Env) {
  const defined = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  try {
    return loadClientConnectConfig({ overrideEnvVars: Object.fromEntries(defined) });
  } catch (error) {
    // The library stumbles over a file without any profile.
    const why = error instanceof TypeError ? 'the file has no [profile.NAME]' : (error as Error).message;
    throw refusal(
      'TemporalSettings',
      `The settings of Temporal cannot be read: ${why}.`,
      'check temporal.toml, TEMPORAL_PROFILE, and the files that TEMPORAL_TLS_… name.',
    );
  }
}

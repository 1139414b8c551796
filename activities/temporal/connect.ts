/** Connects to Temporal as a client or as a worker, with the same settings and the same answers when it fails. */
import { Client, Connection } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import type { NativeConnection } from '@temporalio/worker';
import { tellNewKeys } from './api-key.ts';
import { dataConverterOf } from './data-converter.ts';
import { openKeyRing } from './key-ring.ts';
import { type Env, type Given, type TemporalPlace, temporalPlace } from './settings.ts';
import { whyNoConnection } from './why-no-connection.ts';

/** ms that a client waits for the server. */
const patience = 5_000;

export interface TemporalClient {
  readonly client: Client;
  readonly address: string;
  readonly namespace: string;
  /** What turns values into payloads; encrypted where there are keys. */
  readonly dataConverter: DataConverter;
  close(): Promise<void>;
}

/** @throws NoServer, AccessDenied, TemporalSettings, ApiKeyMissing, CodecKeys */
export async function connectClient(env: Env, given: Given = {}): Promise<TemporalClient> {
  const place = temporalPlace(env, given);
  const dataConverter = dataConverterOf(openKeyRing(env));
  const { address, namespace, tls, apiKey, metadata } = place;
  try {
    const connection = await Connection.connect({
      address,
      tls,
      apiKey: apiKey && (() => apiKey.now()),
      metadata,
      connectTimeout: patience,
    });
    const client = new Client({ connection, namespace, dataConverter });
    return { client, address, namespace, dataConverter, close: () => connection.close() };
  } catch (error) {
    throw await whyNoConnection(place, error);
  }
}

/** The same place for a worker. @throws NoServer, AccessDenied */
export async function connectWorker(
  place: TemporalPlace,
): Promise<{ connection: NativeConnection; close(): Promise<void> }> {
  const { NativeConnection } = await import('@temporalio/worker');
  const { address, tls, apiKey, metadata } = place;
  try {
    const connection = await NativeConnection.connect({ address, tls, apiKey: apiKey?.now(), metadata });
    const telling = apiKey && tellNewKeys(apiKey, (key) => connection.setApiKey(key));
    return {
      connection,
      async close() {
        telling?.stop();
        await connection.close();
      },
    };
  } catch (error) {
    throw await whyNoConnection(place, error);
  }
}

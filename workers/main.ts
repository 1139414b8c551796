/**
 * A worker process: `node workers/main.ts --queue muster-us-west-2`.
 *
 * Settings: `TEMPORAL_ADDRESS` and friends (see temporal.toml), `MUSTER_PLANS` (folder), `MUSTER_OVERLAYS` (names or
 * files, comma-separated), `MUSTER_BUNDLE` (workflow bundle made by workers/bundle.ts), `MUSTER_REPORTS` (folder).
 */
import { parseArgs } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { NativeConnection } from '@temporalio/worker';
import { AwsClients } from '../activities/clients/aws.ts';
import { resolveSecret } from '../activities/secrets/resolve.ts';
import { serveLocations } from '../activities/storage/serve-locations.ts';
import { warm } from '../activities/warm.ts';
import { checkSearchAttributes } from './search-attributes.ts';
import { createWorkers } from './worker.ts';

const { values } = parseArgs({
  options: { queue: { type: 'string', multiple: true }, fallback: { type: 'string', default: 'muster-fallback' } },
});

const { connectionOptions, namespace = 'default' } = loadClientConnectConfig();
const connection = await NativeConnection.connect(connectionOptions);
const client = new Client({ connection: await Connection.connect(connectionOptions), namespace });
await checkSearchAttributes(client);

const aws = new AwsClients();
const plans = {
  folder: process.env.MUSTER_PLANS ?? 'plans',
  overlays: (process.env.MUSTER_OVERLAYS ?? '').split(',').filter(Boolean),
};
const workers = await createWorkers({
  connection,
  namespace,
  activityQueues: [...(values.queue ?? []), values.fallback],
  bundle: process.env.MUSTER_BUNDLE,
  deps: {
    plans,
    aws,
    temporal: client,
    reports: process.env.MUSTER_REPORTS ?? 'reports',
  },
});

await warm({ aws });
const serving = await serveLocations({ plans, secret: (ref) => resolveSecret(ref, plans.folder), say: console.log });

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    for (const worker of workers) worker.shutdown();
  });
}
console.log(`worker ready: ${[...(values.queue ?? []), values.fallback].join(', ')}`);
await Promise.all(workers.map((worker) => worker.run()));
await serving.close();
await connection.close();

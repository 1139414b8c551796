/**
 * A worker process: `node workers/main.ts --queue muster-us-west-2`.
 *
 * Settings: `TEMPORAL_ADDRESS` and friends or temporal.toml, `MUSTER_TEMPORAL_API_KEY_FILE`, `MUSTER_CODEC_KEYS_FILE` (docs/temporal.md),
 * `MUSTER_PLANS` (folder), `MUSTER_OVERLAYS` (names or files, comma-separated), `MUSTER_BUNDLE` (workflow bundle made by
 * workers/bundle.ts), `MUSTER_REPORTS` (folder), `MUSTER_METRICS` and `MUSTER_SDK_METRICS` (addresses; docs/metrics.md).
 */
import { parseArgs } from 'node:util';
import { AwsClients } from '../activities/clients/aws.ts';
import { resolveSecret } from '../activities/secrets/resolve.ts';
import { serveLocations } from '../activities/storage/serve-locations.ts';
import { connectClient, connectWorker } from '../activities/temporal/connect.ts';
import { temporalPlace } from '../activities/temporal/settings.ts';
import { warm } from '../activities/warm.ts';
import { installRuntime, startMetrics } from './metrics.ts';
import { checkSearchAttributes } from './search-attributes.ts';
import { createWorkers } from './worker.ts';

const { values } = parseArgs({
  options: { queue: { type: 'string', multiple: true }, fallback: { type: 'string', default: 'muster-fallback' } },
});

installRuntime(process.env);
const { client, namespace, dataConverter } = await connectClient(process.env);
const polling = await connectWorker(temporalPlace(process.env));
await checkSearchAttributes(client);

const aws = new AwsClients();
const plans = {
  folder: process.env.MUSTER_PLANS ?? 'plans',
  overlays: (process.env.MUSTER_OVERLAYS ?? '').split(',').filter(Boolean),
};
const reports = process.env.MUSTER_REPORTS ?? 'reports';
const workers = await createWorkers({
  connection: polling.connection,
  namespace,
  dataConverter,
  activityQueues: [...(values.queue ?? []), values.fallback],
  bundle: process.env.MUSTER_BUNDLE,
  deps: {
    plans,
    aws,
    temporal: client,
    temporalPlace: temporalPlace(process.env),
    reports,
  },
});

await warm({ aws });
const serving = await serveLocations({ plans, secret: (ref) => resolveSecret(ref, plans.folder), say: console.log });

const metrics = await startMetrics(process.env, {
  ...{ plans, reports, aws, temporal: client },
  temporalPlace: temporalPlace(process.env),
});

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    for (const worker of workers) worker.shutdown();
  });
}
console.log(`worker ready: ${[...(values.queue ?? []), values.fallback].join(', ')}`);
await Promise.all(workers.map((worker) => worker.run()));
await metrics?.close();
await serving.close();
await polling.close();

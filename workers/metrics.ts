/**
 * What Prometheus may ask of a worker: `MUSTER_METRICS` (address of its own metrics), `MUSTER_METRICS_EVERY` (how often they are read,
 * default 1m), `MUSTER_SDK_METRICS` (address of the Temporal SDK's). Neither is served where its address is not set.
 */
import { Runtime } from '@temporalio/worker';
import { startCollector } from '../activities/metrics/collector.ts';
import { type MetricsDeps, readService } from '../activities/metrics/read-service.ts';
import { watchCertificates } from '../activities/metrics/see-certificates.ts';
import { type MetricsServer, serveMetrics } from '../activities/metrics/serve.ts';
import { servicesIn } from '../activities/plans/services-in.ts';
import type { TemporalPlace } from '../activities/temporal/settings.ts';
import { durationSchema } from '../domain/duration.ts';
import { refusal } from '../domain/errors.ts';

interface Given extends Omit<MetricsDeps, 'certificates'> {
  readonly temporalPlace?: TemporalPlace;
}

type Env = Readonly<Record<string, string | undefined>>;

const addressShape = /^(\[[0-9a-f:]+\]|\d{1,3}(\.\d{1,3}){3}):\d{1,5}$/i;

/** Before the first connection, which takes the runtime as it then is. A taken port is said. @throws MetricsAddress */
export function installRuntime(env: Env, say: (text: string) => void = console.log): void {
  const bindAddress = addressIn(env, 'MUSTER_SDK_METRICS');
  if (!bindAddress) return;
  try {
    Runtime.install({ telemetryOptions: { metrics: { prometheus: { bindAddress } } } });
  } catch (error) {
    say(`no metrics of the SDK at ${bindAddress}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Undefined where no address is set. @throws MetricsAddress, MetricsInterval */
export async function startMetrics(
  env: Env,
  { temporalPlace, ...given }: Given,
  say: (text: string) => void = console.log,
): Promise<MetricsServer | undefined> {
  const address = addressIn(env, 'MUSTER_METRICS');
  if (!address) return undefined;
  const deps: MetricsDeps = { ...given, certificates: watchCertificates(temporalPlace, Date.now) };
  const collector = startCollector({
    services: () => servicesIn(deps.plans.folder),
    read: (service, known) => readService(service, deps, known),
    every: everyIn(env),
    now: Date.now,
    say,
  });
  const server = await serveMetrics(address, { samples: collector.samples, say });
  return {
    port: server.port,
    async close() {
      // A reading that stands still in a lost region is not waited for.
      void collector.close();
      await server.close();
    },
  };
}

function addressIn(env: Env, name: string): string | undefined {
  const address = env[name];
  if (!address || addressShape.test(address)) return address || undefined;
  throw refusal('MetricsAddress', `${name}: ${address} is no IP address and port.`, '127.0.0.1:9091.');
}

function everyIn({ MUSTER_METRICS_EVERY: text = '1m' }: Env): number {
  const every = durationSchema.safeParse(text);
  if (every.success && every.data > 0) return every.data;
  throw refusal('MetricsInterval', `MUSTER_METRICS_EVERY: ${text} is no time between two readings.`, '1m.');
}

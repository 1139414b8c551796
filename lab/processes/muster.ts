/** What is tested in the lab: Muster's two workers of each region, and its observer. */
import { join } from 'node:path';
import { serviceName } from '../aws/seed-zones.ts';
import { ports, type Region, regionNamed, third } from '../layout.ts';
import { checkout } from '../paths.ts';
import type { ProcessContext } from './context.ts';
import type { ProcessSpec } from './spec.ts';

/** `worker-REGION` and `spare-REGION`: two on the same queues, so that one may die. A command of one's own runs once. */
export function workers({ options }: ProcessContext, region: Region, env: Record<string, string>): ProcessSpec[] {
  const program = join(checkout, 'workers/main.ts');
  const standard = [process.execPath, program, '--queue', `muster-${region}`];
  const command = (options.worker ?? standard).map((word) => word.replaceAll('{region}', region));
  if (command.length === 0) return [];
  return workersOf(region, options.worker === undefined).map((name) => ({
    name,
    place: region,
    command,
    cwd: checkout,
    env: { ...env, AWS_REGION: region, MUSTER_REGION: region, ...metricsOf(name, region, options.metrics) },
    ready: options.worker ? { started: true } : { says: 'worker ready' },
  }));
}

/** Names of a region's workers. */
export function workersOf(region: Region, spare = true): string[] {
  return spare ? [`worker-${region}`, `spare-${region}`] : [`worker-${region}`];
}

/** Where a worker's own metrics are, `10.77.1.2:9091`; only where the lab was raised with them. */
export function metricsAddress(name: string, region: Region): string {
  return `${regionNamed(region).service}:${ports.metrics + workersOf(region).indexOf(name)}`;
}

function metricsOf(name: string, region: Region, every: string | undefined): Record<string, string> {
  return every === undefined ? {} : { MUSTER_METRICS: metricsAddress(name, region), MUSTER_METRICS_EVERY: every };
}

/** Asks SpaceTime by its name, as its users do, and writes a canary several times a second. */
export function observer({ options, paths }: ProcessContext, env: Record<string, string>): ProcessSpec | undefined {
  const service = `http://${serviceName}:8080`;
  const standard = [
    ...[process.execPath, join(checkout, 'observer/main.ts'), '--listen', `${third}:${ports.observer}`],
    ...['--url', `${service}/status`, '--expect', 'overall_ready=true', '--canary', `${service}/writes`],
    ...['--resolver', `${third}:${ports.dns}`, '--interval', '250ms', '--log', join(paths.root, 'observer.jsonl')],
  ];
  const command = options.observer ?? standard;
  if (command.length === 0) return undefined;
  return {
    name: 'observer',
    place: 'third',
    command,
    cwd: checkout,
    env,
    ready: options.observer ? { started: true } : { tcp: { host: third, port: ports.observer } },
  };
}

/** What is tested in the lab: Muster's worker of each region, and its observer. */
import { join } from 'node:path';
import { serviceName } from '../aws/seed-zones.ts';
import { ports, type Region, third } from '../layout.ts';
import { checkout } from '../paths.ts';
import type { ProcessContext } from './context.ts';
import type { ProcessSpec } from './spec.ts';

export function worker(
  { options }: ProcessContext,
  region: Region,
  env: Record<string, string>,
): ProcessSpec | undefined {
  const program = join(checkout, 'workers/main.ts');
  const standard = [process.execPath, program, '--queue', `muster-${region}`];
  const command = (options.worker ?? standard).map((word) => word.replaceAll('{region}', region));
  if (command.length === 0) return undefined;
  return {
    name: `worker-${region}`,
    place: region,
    command,
    cwd: checkout,
    env: { ...env, AWS_REGION: region, MUSTER_REGION: region },
    ready: options.worker ? { started: true } : { says: 'worker ready' },
  };
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

/** What a step is given, made by hand: real clients, and a record of what the step said. */
import type { Progress, StepContext } from '../../activities/context.ts';
import { failoverScript } from '../../activities/runbook/failover-script.ts';
import { resolveSecret } from '../../activities/secrets/resolve.ts';
import type { Host } from '../../domain/host.ts';
import { plansFolder, spacetimePlan } from './plan.ts';

export interface TestContext extends StepContext {
  readonly beats: Progress[];
  /** How often the step asked whether it may still change something. */
  readonly changes: { count: number };
}

export async function stepContext(parts: Partial<StepContext> = {}): Promise<TestContext> {
  const beats: Progress[] = [];
  const changes = { count: 0 };
  const absent = (what: string) => () => Promise.reject(new Error(`this test has no ${what}`));
  const context: TestContext = {
    run: 'run-1',
    step: 'step-1',
    generation: 1,
    attempt: 1,
    service: 'spacetime',
    outputs: {},
    signal: new AbortController().signal,
    resumeFrom: undefined,
    heartbeat: (progress) => void beats.push(progress ?? {}),
    assertCurrent: () => {
      changes.count += 1;
    },
    secret: (ref) => resolveSecret(ref, plansFolder),
    ec2: absent('EC2'),
    rds: absent('RDS'),
    cloudWatch: absent('CloudWatch'),
    route53: absent('Route 53'),
    store: absent('store'),
    failoverScript: (move, signal) => failoverScript(move, context, signal),
    otherRuns: async () => [],
    host: absent('host'),
    plan: await spacetimePlan(),
    planFolder: plansFolder,
    log: () => {},
    ...parts,
    beats,
    changes,
  };
  return context;
}

export const someHost: Host = {
  name: 'app',
  group: 'app',
  site: 'us-west-2',
  region: 'us-west-2',
  instance: 'i-1',
  address: '127.0.0.1',
  ssh: { user: 'root', port: 22, key: { env: 'NONE' }, knownHosts: { env: 'NONE' } },
};

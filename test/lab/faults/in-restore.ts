/** The place most faults strike: a failover whose restore stands still in the middle, so that nothing depends on speed. */
import type { RunStatus } from '../../../domain/run/run.ts';
import type { Scenario } from '../support/scenario.ts';

export const host = 'app-us-west-2';
export const step = 'restore-application';

/** us-east-1 is lost, the failover approved, and the application's host job held with its staging place made. */
export async function intoTheRestore(scenario: Scenario): Promise<{ run: string; pid: number }> {
  await scenario.lab.kill('us-east-1');
  const { run } = (await scenario.startFailover()) as RunStatus;
  await scenario.approve();
  return { run, pid: await scenario.jobs.hold(host, run, step) };
}

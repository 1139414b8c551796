/** What each step of a playbook would find now, asked from this machine. */
import type { CheckSeen } from '../../activities/readiness/step-checks.ts';
import type { Plan } from '../../domain/plan/plan.ts';
import type { Playbook } from '../../domain/playbook/playbook.ts';
import type { Cli } from './cli.ts';

/** ms for all of them; each has a shorter limit of its own. */
const limit = 7_000;

/** By step id. Reads only; never throws for what a check finds. */
export async function checkSteps(cli: Cli, plan: Plan, playbook: Playbook): Promise<Map<string, CheckSeen>> {
  // Loaded here only: steps and clients would slow down every other verb.
  const [{ checkStepsWith }, { readingContext }, { AwsClients }] = await Promise.all([
    import('../../activities/readiness/step-checks.ts'),
    import('../../activities/runtime/reading-context.ts'),
    import('../../activities/clients/aws.ts'),
  ]);
  const { context, close } = readingContext(plan, cli.planFolder, AbortSignal.timeout(limit), new AwsClients());
  try {
    return await checkStepsWith(playbook, context);
  } finally {
    await close();
  }
}

/** `done: running already`, `not known` */
export function describeCheck(seen: CheckSeen): string {
  const more = 'why' in seen ? seen.why : 'what' in seen ? seen.what : undefined;
  return more ? `${seen.state}: ${more}` : seen.state;
}

/** What each step of a playbook would find now: its own check, from this machine, side by side, each with its own limit. */
import type { StepContext } from '../../activities/context.ts';
import type { StepDefinition } from '../../activities/step.ts';
import { Refusal } from '../../domain/errors.ts';
import type { Plan } from '../../domain/plan.ts';
import { type Playbook, type Step, stepsOf } from '../../domain/playbook.ts';
import type { Cli } from './cli.ts';

export type CheckSeen =
  | { readonly state: 'done' | 'ready'; readonly what?: string }
  | { readonly state: 'blocked'; readonly why: string }
  /** It has no check, or it could not be asked from here and now. */
  | { readonly state: 'not known'; readonly why?: string };

/** ms for one step: a region that hangs must not hold up the others. */
const limit = 6_000;

/** By step id. Reads only; never throws for what a check finds. */
export async function checkSteps(cli: Cli, plan: Plan, playbook: Playbook): Promise<Map<string, CheckSeen>> {
  const [{ stepDefinitions }, { readingContext }, { AwsClients }] = await Promise.all([
    import('../../activities/registry.ts'),
    import('../../activities/runtime/reading-context.ts'),
    import('../../activities/clients/aws.ts'),
  ]);
  const ended = AbortSignal.timeout(limit + 1_000);
  const { context, close } = readingContext(plan, cli.planFolder, ended, new AwsClients());
  try {
    const seen = stepsOf(playbook).map(async (step) => {
      const definition = stepDefinitions.find(({ kind, version }) => kind === step.kind && version === step.version);
      return [step.id, await checkOne(step, definition, context)] as const;
    });
    return new Map(await Promise.all(seen));
  } finally {
    await close();
  }
}

async function checkOne(step: Step, definition: StepDefinition | undefined, context: StepContext): Promise<CheckSeen> {
  if (!definition?.check) return { state: 'not known' };
  const { withLimit } = await import('../../activities/waiting.ts');
  try {
    const input = definition.input.parse(step.input);
    const check = definition.check.bind(definition);
    return await withLimit(limit, undefined, (signal) => check(input, { ...context, step: step.id, signal }));
  } catch (error) {
    const why = firstLine(error);
    return isFinding(error) ? { state: 'blocked', why } : { state: 'not known', why };
  }
}

/** A no of the world is a finding; a secret or a right that this machine lacks is not, and neither is silence. */
export function isFinding(error: unknown): boolean {
  return (
    error instanceof Refusal &&
    !/^(SecretMissing|AccessDenied|CredentialsRefused|StoreDenied|KeyMissing|StepOrder)$/.test(error.type)
  );
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return (text.split('\n')[0] ?? '').slice(0, 200);
}

/** `done: running already`, `not known` */
export function describeCheck(seen: CheckSeen): string {
  const more = 'why' in seen ? seen.why : 'what' in seen ? seen.what : undefined;
  return more ? `${seen.state}: ${more}` : seen.state;
}

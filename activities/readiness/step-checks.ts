/** What each step of a playbook would find now: its own check, from this machine, side by side, each with its own limit. */
import { Refusal } from '../../domain/errors.ts';
import { type Playbook, type Step, stepsOf } from '../../domain/playbook/playbook.ts';
import type { StepContext } from '../context.ts';
import { stepDefinitions } from '../registry.ts';
import type { StepDefinition } from '../step.ts';
import { withLimit } from '../waiting.ts';

export type CheckSeen =
  | { readonly state: 'done' | 'ready'; readonly what?: string }
  | { readonly state: 'blocked'; readonly why: string }
  /** It has no check, or it could not be asked from here and now. */
  | { readonly state: 'not known'; readonly why?: string };

/** ms for one step: a region that hangs must not hold up the others. */
const limit = 6_000;

/** By step id. Reads only; never throws for what a check finds. */
export async function checkStepsWith(playbook: Playbook, context: StepContext): Promise<Map<string, CheckSeen>> {
  const seen = stepsOf(playbook).map(async (step) => {
    const definition = stepDefinitions.find(({ kind, version }) => kind === step.kind && version === step.version);
    return [step.id, await checkOne(step, definition, context)] as const;
  });
  return new Map(await Promise.all(seen));
}

async function checkOne(step: Step, definition: StepDefinition | undefined, context: StepContext): Promise<CheckSeen> {
  if (!definition?.check) return { state: 'not known' };
  try {
    const input = definition.input.parse(step.input);
    const check = definition.check.bind(definition);
    return await withLimit(limit, context.signal, (signal) => check(input, { ...context, step: step.id, signal }));
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

/** The break-glass script of a failover, from the facts of now. */
import { assessWith } from '../assessment/assess-service.ts';
import type { Move, MoveScript, StepContext } from '../context.ts';
import { compileWith } from '../planning/compile.ts';
import { planHash } from '../plans/load-plan.ts';
import { composeScript } from './compose-script.ts';

/**
 * @returns the script, unsigned, and the recovery point that it restores
 * @throws whatever refuses such a failover now: LeaseHeld, RecoveryUnderWay, a step that no script can carry out
 */
export async function failoverScript(
  { from, to }: Move,
  context: StepContext,
  signal: AbortSignal,
): Promise<MoveScript> {
  const { plan, planFolder: folder, secret } = context;
  const procedure = 'failover';
  const { service } = plan;
  const call = { run: 'preview', procedure, service, from, to, at: new Date().toISOString() } as const;
  const seen = { plan, sha256: planHash(plan), folder, secret, aws: context, store: context.store };
  const assessment = await assessWith(call, seen, signal);
  const { playbook, sha256 } = compileWith(plan, { run: 'preview', procedure, label: 'manual', assessment }, procedure);
  const text = await composeScript({ plan, playbook, sha256, assessment }, context);
  return playbook.point === undefined ? { text } : { text, point: playbook.point };
}

/** Assesses and compiles on this machine what a run would do; starts and changes nothing. */

import type { Plan } from '../../domain/plan/plan.ts';
import type { Assessment } from '../../domain/playbook/assessment.ts';
import type { AssessCall, Compiled } from '../../domain/run/protocol.ts';
import type { Cli } from './cli.ts';

/** @throws what the assessment or the compiler refuses: hosts, credentials, points, contradictions */
export async function compileHere(
  cli: Cli,
  plan: Plan,
  asked: Omit<AssessCall, 'run' | 'at'> & { label?: string },
): Promise<{ assessment: Assessment; compiled: Compiled }> {
  // Loaded here only: steps and clients would slow down every other verb.
  const [{ assessService }, { AwsClients }, planning, { lastDurations }] = await Promise.all([
    import('../../activities/assessment/assess-service.ts'),
    import('../../activities/clients/aws.ts'),
    import('../../activities/planning/compile.ts'),
    import('../../activities/planning/last-durations.ts'),
  ]);
  const { label = 'manual', ...wanted } = asked;
  const reports = cli.io.env.MUSTER_REPORTS ?? 'reports';
  const deps = { plans: { folder: cli.planFolder, overlays: cli.overlays }, aws: new AwsClients(), reports };
  const assessment = await assessService({ run: 'preview', at: new Date().toISOString(), ...wanted }, deps);
  const { procedure, request } = asked;
  const compile = { run: 'preview', procedure, label, assessment, request };
  const known = await lastDurations(planning.earlierOf(compile), planning.placesOf(plan, compile, deps));
  return { assessment, compiled: planning.compileWith(plan, compile, procedure, known) };
}

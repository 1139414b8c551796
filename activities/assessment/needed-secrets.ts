/** The secrets of a plan without which a run would fail half-way. */
import { refusal } from '../../domain/errors.ts';
import { rejoins, takesPoint, traitsOf } from '../../domain/playbook/procedures.ts';
import type { AssessCall } from '../../domain/run/protocol.ts';
import { checkSecrets } from '../plans/check-secrets.ts';
import type { AssessDeps } from './deps.ts';

/** Secrets that the run will need at once; those of notices and monitoring never hold up a recovery. */
export async function secretsFor(
  call: AssessCall,
  { from, to }: { from: string; to: string },
  deps: AssessDeps,
): Promise<void> {
  const both = traitsOf(call.procedure).planned || rejoins(call.procedure);
  const restoring = takesPoint(call.procedure) || both;
  const saving = !restoring || both;
  const wanted = [
    ...(restoring ? [`sites.${to}.ssh`, `sites.${to}.key`, 'components'] : []),
    ...(saving ? [`sites.${from}.ssh`, 'signer'] : []),
  ];
  const missing = (await checkSecrets(deps.plan, deps.secret)).filter((each) =>
    wanted.some((path) => each.path.startsWith(path)),
  );
  if (missing.length === 0) return;
  throw refusal('SecretMissing', missing.map((each) => `${each.path}: ${each.fact}`).join(' '), missing[0]?.hint ?? '');
}

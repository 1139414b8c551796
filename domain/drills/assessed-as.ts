/** Which procedure the world is read for, before a drill. Pure. */
import type { Plan } from '../plan/plan.ts';
import type { Procedure } from '../playbook/procedures.ts';
import type { RunRequest } from '../run/requests.ts';

/** A tabletop talks of a procedure, so both sites are read as for that one, and of one in isolation its own hosts; everything else is read as what it is. */
export function assessedAs(
  plan: Pick<Plan, 'drills'>,
  { procedure, request }: { procedure: Procedure; request?: RunRequest | undefined },
): Procedure {
  const drill = procedure === 'drill' ? plan.drills?.find(({ name }) => name === request?.drill?.name) : undefined;
  if (drill?.kind === 'tabletop') return drill.procedure;
  return drill?.kind === 'isolated' ? 'isolated-drill' : procedure;
}

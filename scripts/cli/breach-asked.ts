/** `muster restore --compromise`: which procedure that is, from where to where. */
import { refusal } from '../../domain/errors.ts';
import type { Plan } from '../../domain/plan/plan.ts';
import type { Procedure } from '../../domain/playbook/procedures.ts';

interface Asked {
  /** The clean site; the plan's standby where absent. */
  readonly site?: string;
  readonly inPlace: boolean;
  readonly before?: string;
}

interface Breach {
  readonly procedure: Procedure;
  readonly from?: string;
  readonly to?: string;
  readonly compromise: { readonly inPlace?: true };
}

/** @throws BadInput */
export function breachAsked({ sites }: Pick<Plan, 'sites'>, { site, inPlace, before }: Asked): Breach {
  if (before === undefined) {
    throw refusal(
      'BadInput',
      'A recovery from a breach needs the moment before which the data is trusted.',
      '--before 2026-01-02T03:00:00+00:00; when unsure, earlier.',
    );
  }
  if (inPlace) return { procedure: 'full-recovery', from: site, to: site, compromise: { inPlace } };
  const others = Object.keys(sites).filter((name) => name !== site);
  const from = site !== undefined && others.length === 1 ? others[0] : undefined;
  return { procedure: 'failover', from, to: site, compromise: {} };
}

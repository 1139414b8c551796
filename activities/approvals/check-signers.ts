/** Whether everybody whom the plan lets decide could prove it: for `muster plan check --live`. Reads one file. */

import { peopleOf } from '../../domain/plan/approvals.ts';
import type { Plan } from '../../domain/plan/plan.ts';
import { covers } from '../../domain/readiness/approvers.ts';
import { pinnedSignersOf, principalsOf } from './allowed-signers.ts';

/** In words. @throws AllowedSignersMissing; Error where people of the plan have no key there */
export async function checkSigners(plan: Plan, planFolder: string): Promise<string> {
  const { signers } = await pinnedSignersOf(plan, planFolder);
  if (signers === undefined) return 'none: nothing proves who approves';
  const principals = principalsOf(signers);
  const without = peopleOf(plan.approvals).filter((person) => !principals.some((each) => covers(each, person)));
  if (without.length > 0) throw new Error(`no key of ${without.join(', ')} is there, so they cannot sign`);
  return `keys of ${principals.join(', ')}`;
}

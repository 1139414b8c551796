/** What `muster runbook` refuses before anything is asked of the world, and what it says where nothing answers. */
import { isUnreachable } from '../../activities/aws/errors.ts';
import { Refusal, refusal } from '../../domain/errors.ts';
import type { Plan } from '../../domain/plan/plan.ts';
import { type Procedure, traitsOf } from '../../domain/playbook/procedures.ts';
import { pointIdSchema } from '../../domain/points/point-id.ts';

interface Words {
  readonly from?: string;
  readonly to?: string;
  readonly point?: string;
  readonly compromise?: true;
  readonly inPlace?: true;
}

/** @throws SiteUnknown, BadInput */
export function refuseBadWords(plan: Plan, procedure: Procedure, words: Words): void {
  const { from, to, point, compromise, inPlace } = words;
  const names = Object.keys(plan.sites);
  for (const site of [from, to]) {
    if (site === undefined || names.includes(site)) continue;
    throw refusal('SiteUnknown', `The plan of ${plan.service} has no site ${site}.`, `one of: ${names.join(', ')}.`);
  }
  const { moves, planned } = traitsOf(procedure);
  if (!moves && !planned && from !== undefined && to !== undefined && from !== to) {
    throw refusal(
      'BadInput',
      `A ${procedure} is of one site, and ${from} and ${to} are named.`,
      `--to with one of them.`,
    );
  }
  if (point !== undefined && point !== 'newest' && !pointIdSchema.safeParse(point).success) {
    throw refusal(
      'BadInput',
      `${point} is no recovery point: one is called like 20260102_031500.`,
      `muster points ${plan.service} lists what there is.`,
    );
  }
  if (inPlace && !compromise) {
    throw refusal('BadInput', '--in-place is said of a breach.', '--compromise --in-place --before MOMENT.');
  }
  if (compromise && procedure !== 'failover' && procedure !== 'full-recovery') {
    throw refusal('BadInput', `No ${procedure} brings a service out of a breach.`, 'failover or full-recovery.');
  }
}

const kept = 'the script that the last backup kept (docs/break-glass.md)';

/** Nobody tries again behind a command: where nothing answers, what is left is said. Other errors pass as they are. */
export function saidWhereSilent(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof Refusal) return error;
  const [fact = ''] = error.message.split(' Try: ');
  if (error.name === 'StoreUnreachable') {
    return refusal(
      'NothingReachable',
      `${fact}.`,
      `--format md, which reads no location; or ${kept}, where one is at hand.`,
    );
  }
  const bare = /^(LimitPassed|TimeoutError)$/.test(error.name);
  if (!bare && !isUnreachable(error.cause)) return error;
  const hint = `again from a machine that reaches it; --facts FILE with facts that were saved; or ${kept}.`;
  return refusal('CloudSilent', bare ? `What has to be asked first is silent: ${fact}.` : fact, hint);
}

/** Refusals that compilers share. */
import { refusal } from '../domain/errors.ts';
import { isWhole } from '../domain/restore-scope.ts';
import type { Situation } from './compiler.ts';

/** What brings the whole service back does not do a part of it, silently or otherwise. @throws BadInput */
export function refusePart({ procedure, request }: Situation): void {
  const asked = request?.restore;
  if (isWhole(asked) && !asked?.into && !asked?.host) return;
  throw refusal(
    'BadInput',
    `A ${procedure} brings back the whole service in its own place, and a part or another place is asked for.`,
    'the workflow type restore, or scratchRestore where it goes into a place of its own.',
  );
}

export function notRestorable({ procedure, assessment }: Situation) {
  return refusal(
    'PointNotFound',
    `There is no usable recovery point for ${procedure} of ${assessment.service} to ${assessment.to}.`,
    `muster points ${assessment.service}; name one with --point, or look at why the newest was refused.`,
  );
}

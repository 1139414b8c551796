/** Refusals that compilers share. */
import { refusal } from '../domain/errors.ts';
import { isWhole } from '../domain/points/restore-scope.ts';
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

/** What leaves the service running opens nothing for itself: whoever writes to that server could then go on. @throws DatabaseClosed */
export function refuseClosed({ assessment }: Situation, closed: readonly string[]): void {
  if (closed.length === 0) return;
  throw refusal(
    'DatabaseClosed',
    `${closed.join(', ')} at ${assessment.to} is closed to writes by a fence, and this restore does not stop the service: it opens nothing.`,
    'another host with --to-host or another site with --at; or the whole component, which stops the service and opens it.',
  );
}

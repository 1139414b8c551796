/** Refusals that compilers share. */
import { refusal } from '../domain/errors.ts';
import type { Situation } from './compiler.ts';

export function notRestorable({ procedure, assessment }: Situation) {
  return refusal(
    'PointNotFound',
    `There is no usable recovery point for ${procedure} of ${assessment.service} to ${assessment.to}.`,
    `muster points ${assessment.service}; name one with --point, or look at why the newest was refused.`,
  );
}

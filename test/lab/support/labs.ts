/** The lab of the worker that runs this file: no two files use one lab at once. */
import { inject } from 'vitest';
import type { Truth } from './truth.ts';

/** `truth`: what the one recovery point holds that the lab was raised with. */
export function ownLab(): { dir: string; truth: Truth } {
  const lab = inject('labs')[Number(process.env.VITEST_POOL_ID) - 1];
  if (!lab) throw new Error(`No lab for worker ${process.env.VITEST_POOL_ID}.`);
  return lab;
}

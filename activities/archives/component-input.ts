/** The inputs that steps on components share. */
import { z } from 'zod';
import type { Component } from '../../domain/plan-component.ts';
import { pointIdSchema } from '../../domain/recovery-point.ts';

/** The plan's component as the plan's loader made it: already checked, its durations already in ms. */
export const componentInput = z.custom<Component>(
  (value) => typeof (value as Component)?.name === 'string' && typeof (value as Component).driver === 'string',
  { error: 'a component of the plan' },
);

/** A recovery point, bound to the bytes of its manifest. */
export const pinnedPoint = z.object({ id: pointIdSchema, sha256: z.string() });

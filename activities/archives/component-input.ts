/** The inputs that steps on components share. */
import { z } from 'zod';
import { hostSchema } from '../../domain/host.ts';
import type { Component } from '../../domain/plan/component.ts';
import { pointIdSchema } from '../../domain/points/recovery-point.ts';
import { committedSchema, outputOf } from '../points/prepared.ts';

/** The plan's component as the plan's loader made it: already checked, its durations already in ms. */
export const componentInput = z.custom<Component>(
  (value) => typeof (value as Component)?.name === 'string' && typeof (value as Component).driver === 'string',
  { error: 'a component of the plan' },
);

/** A recovery point, bound to the bytes of its manifest. */
export const pinnedPoint = z.object({ id: pointIdSchema, sha256: z.string() });

/** One component of a point, onto one host. */
export const componentOnHost = z.object({
  service: z.string(),
  point: pinnedPoint,
  component: componentInput,
  host: hostSchema,
  site: z.string(),
  /** Nearest first. */
  locations: z.array(z.string()).min(1),
});

/** A recovery point by its bytes, or the one that an earlier step of the run committed: its id is in `needs`. */
export const committedBy = z.strictObject({ committedBy: z.string() });
export const pointSource = z.union([pinnedPoint, committedBy]);
export type PointSource = z.output<typeof pointSource>;

/** Refusal `StepOrder` when that step has no result. */
export function pointOf(source: PointSource, outputs: Readonly<Record<string, unknown>>): z.output<typeof pinnedPoint> {
  if (!('committedBy' in source)) return source;
  const { [source.committedBy]: output } = outputs;
  const { point, manifestSha256 } = outputOf(committedSchema, { output }, source.committedBy);
  return { id: point, sha256: manifestSha256 };
}

/** `20260102_031500`, or what people call a point that is not there yet. */
export function nameOfPoint(source: PointSource): string {
  return 'committedBy' in source ? 'the final recovery point' : source.id;
}

/** The same in a command. */

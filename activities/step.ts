/**
 * What a step is. One file a step under `activities/<area>/` calls `defineStep` and exports the result; a playbook
 * calls its `.step(...)`, a worker registers its `run` as the activity of that kind.
 *
 * The pure half (input, title, shell) must not load an SDK: import SDKs inside `run`, or through `StepContext`.
 */
import type { z } from 'zod';
import type { Step } from '../domain/playbook/playbook.ts';
import type { StepContext } from './context.ts';

export type CheckResult =
  | { readonly state: 'done'; readonly what?: string }
  | { readonly state: 'ready'; readonly what?: string }
  | { readonly state: 'blocked'; readonly why: string };

export interface StepLimits {
  /** One attempt, ms. Default 10 min. */
  readonly startToClose?: number;
  /** ms, default and most for a mutating step 5000. */
  readonly heartbeat?: number;
  /** ms until the fallback queue is tried. Default 10 s. */
  readonly scheduleToStart?: number;
  /** All attempts together, ms, then a person decides. Default: startToClose. */
  readonly budget?: number;
  /** Attempts at most; as many as the budget allows where absent. */
  readonly attempts?: number;
}

export interface StepSpec<Schema extends z.ZodType, Output> {
  readonly kind: string;
  readonly version: number;
  readonly input: Schema;
  title(input: z.output<Schema>): string;
  /** The commands a person would type; for the runbook and the break-glass script. */
  shell(input: z.output<Schema>): string[];
  readonly limits?: StepLimits;
  /** False for a step that only reads: it needs no lease, and a run that lost its own may still look. */
  readonly changes?: false;
  /** Reads only. */
  check?(input: z.output<Schema>, context: StepContext): Promise<CheckResult>;
  /** Check, act, verify its own effect; safe to run twice and to be interrupted anywhere. Small JSON out. */
  run(input: z.output<Schema>, context: StepContext): Promise<Output>;
  /** With `undo`: notes what is there before `run`; the result is handed to `undo`. Reads only. */
  before?(input: z.output<Schema>, context: StepContext): Promise<unknown>;
  /** Puts back what `before` noted. Safe to run twice. May answer `{ outcome }` for people. */
  undo?(input: z.output<Schema>, before: unknown, context: StepContext): Promise<unknown>;
}

export interface StepPlace {
  readonly id: string;
  readonly queue: string;
  readonly fallback: string;
  readonly needs?: readonly string[];
  readonly required?: boolean;
  /** ms */
  readonly expected?: number;
  readonly limits?: StepLimits;
  /** Put back before everything else. */
  readonly putBack?: 'first';
}

export interface StepDefinition<Schema extends z.ZodType = z.ZodType, Output = unknown>
  extends StepSpec<Schema, Output> {
  /** Makes the concrete step of a playbook; the input is validated here, before anything is touched. */
  step(input: z.input<Schema>, place: StepPlace): Step;
}

export function defineStep<Schema extends z.ZodType, Output>(
  spec: StepSpec<Schema, Output>,
): StepDefinition<Schema, Output> {
  return {
    ...spec,
    step(input, place) {
      const parsed = spec.input.parse(input);
      const limits = { ...spec.limits, ...place.limits };
      // A step that waits for something knows how long; Temporal's limit never cuts it short.
      const { within = 0, wait = 0 } = parsed as { within?: number; wait?: number };
      const startToClose = Math.max(limits.startToClose ?? 600_000, within + wait + 60_000);
      return {
        id: place.id,
        kind: spec.kind,
        version: spec.version,
        title: spec.title(parsed),
        input: parsed as Record<string, unknown>,
        queue: place.queue,
        fallback: place.fallback,
        limits: {
          startToClose,
          heartbeat: limits.heartbeat ?? 5_000,
          scheduleToStart: limits.scheduleToStart ?? 10_000,
          budget: limits.budget ?? startToClose,
          ...(limits.attempts ? { attempts: limits.attempts } : {}),
        },
        undoable: spec.undo !== undefined,
        ...(spec.undo && !spec.before ? { noted: false } : {}),
        ...(place.putBack ? { putBack: place.putBack } : {}),
        needs: [...(place.needs ?? [])],
        required: place.required ?? true,
        expected: place.expected ?? 0,
      };
    },
  };
}

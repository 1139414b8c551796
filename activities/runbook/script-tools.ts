/** What a step is given to say itself as bash, and what it gives: calls of the functions in `library/`. */
import type { z } from 'zod';
import type { Host } from '../../domain/host.ts';
import type { SecretRef } from '../../domain/plan/values.ts';
import type { Step } from '../../domain/playbook/playbook.ts';
import type { StepContext } from '../context.ts';
import { shellQuote } from '../hosts/shell-quote.ts';
import type { StepDefinition } from '../step.ts';

export interface ScriptTools {
  readonly step: Step;
  /** Reads stores; asks no cloud and no host. */
  readonly context: StepContext;
  /** Storage locations that curl can be signed for. */
  readonly locations: readonly string[];
  /** Makes a host known to the script; answers what the script calls it. */
  host(host: Host): string;
  /** Puts bytes at the end of the script, for `data NAME`. */
  keep(name: string, content: string | Buffer): void;
  /** `env:NAME` or `file:/path`: where a secret is, never the secret. */
  reference(ref: SecretRef): string;
  /** What several steps need is found out once. */
  once<Value>(name: string, find: () => Promise<Value>): Promise<Value>;
  /** Puts functions beside that of the step. */
  beside(lines: readonly string[]): void;
}

/** Lines of the step's function. */
type Lines<Input> = (input: Input, tools: ScriptTools) => string[] | Promise<string[]>;

export interface StepScript {
  readonly kind: string;
  readonly version: number;
  lines(input: unknown, tools: ScriptTools): string[] | Promise<string[]>;
}

/** The input is read with the step's own schema, as when it runs. */
export function scriptOf<Schema extends z.ZodType, Output>(
  { kind, version, input: schema }: StepDefinition<Schema, Output>,
  lines: Lines<z.output<Schema>>,
): StepScript {
  return { kind, version, lines: (input, tools) => lines(schema.parse(input), tools) };
}

/** A call of a function of the library. */
export function call(name: string, ...words: readonly (string | number)[]): string {
  return [name, ...words.map((word) => shellQuote(String(word)))].join(' ');
}

/** ms -> whole seconds, at least one. */
export function seconds(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1000));
}

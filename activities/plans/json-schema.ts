/** The plan's JSON Schema: what editors complete from, and where the names of known keys are looked up. */
import { z } from 'zod';
import { planSchema } from '../../domain/plan/plan.ts';

export interface JsonSchema {
  readonly [key: string]: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
}

/** JSON Schema (draft 2020-12) of a plan as people write it: durations are text, defaults may be left out. */
export function planJsonSchema(): JsonSchema {
  const schema = z.toJSONSchema(planSchema, { io: 'input' }) as JsonSchema;
  return { ...schema, title: 'Plan of a service for Muster' };
}

/** The bytes of `plans/plan.schema.json`. */
export function planJsonSchemaText(): string {
  return `${JSON.stringify(planJsonSchema(), null, 2)}\n`;
}

/** Keys the schema knows at a path, of every variant that may stand there. */
export function knownKeys(schema: JsonSchema, path: readonly PropertyKey[]): string[] {
  let here = variants(schema);
  for (const part of path) here = here.flatMap((each) => childrenAt(each, part)).flatMap(variants);
  return [...new Set(here.flatMap((each) => Object.keys(each.properties ?? {})))];
}

function variants(schema: JsonSchema): JsonSchema[] {
  const inner = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])];
  return inner.length > 0 ? inner.flatMap(variants) : [schema];
}

function childrenAt(schema: JsonSchema, part: PropertyKey): JsonSchema[] {
  if (typeof part === 'number') return schema.items ? [schema.items] : [];
  const named = schema.properties?.[String(part)];
  if (named) return [named];
  return typeof schema.additionalProperties === 'object' ? [schema.additionalProperties] : [];
}

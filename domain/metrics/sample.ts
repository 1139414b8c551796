/** A value of a metric before it is written in Prometheus' words: names and labels are held to the table of families. */
import type { families } from './families.ts';

export type Families = typeof families;
export type FamilyName = keyof Families;

/** `value` in the unit that the name says; of a timestamp, seconds since the epoch. */
export interface Sample {
  readonly name: FamilyName;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export function sample<Name extends FamilyName>(
  name: Name,
  labels: Readonly<Record<Families[Name]['labels'][number], string>>,
  value: number,
): Sample {
  return { name, labels, value };
}

/** ms -> s */
export function seconds(ms: number): number {
  return ms / 1_000;
}

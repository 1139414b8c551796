/** Writes that only an old primary had: where they are kept, how to see them, and how many rows where it could be asked. */
import { z } from 'zod';

const countSchema = z.object({ what: z.string(), count: z.number(), unit: z.enum(['rows', 'files']) });
export type DivergentCount = z.infer<typeof countSchema>;

export const uncountedSchema = z.object({
  component: z.string(),
  site: z.string(),
  host: z.string(),
  /** Folder on that host. */
  path: z.string(),
  /** What a person types to see them, line by line. */
  see: z.array(z.string()),
  /** Rows of each table that only it had; absent where nobody counted them. */
  counted: z.array(countSchema).optional(),
});
export type UncountedWrites = z.infer<typeof uncountedSchema>;

const outputSchema = z.object({ uncounted: z.array(uncountedSchema) });

/** Of all steps; undefined where there are none. */
export function uncountedIn(outputs: Readonly<Record<string, unknown>>): UncountedWrites[] | undefined {
  const found = Object.values(outputs).flatMap((output) => outputSchema.safeParse(output).data?.uncounted ?? []);
  return found.length > 0 ? found : undefined;
}

/** `only us-east-1 had 3 rows of public.orders` */
export function countWords(counts: readonly DivergentCount[], site: string): string {
  const words = counts.map(({ what, count, unit }) => `${count} ${count === 1 ? unit.slice(0, -1) : unit} of ${what}`);
  const more = words.length > 5 ? ` and ${words.length - 5} more` : '';
  return words.length > 0 ? `only ${site} had ${words.slice(0, 5).join(', ')}${more}` : `no row of ${site} is missing`;
}

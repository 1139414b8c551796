/** Writes that only an old primary had, and that nobody counted: where they are kept, and how to see them. */
import { z } from 'zod';

export const uncountedSchema = z.object({
  component: z.string(),
  site: z.string(),
  host: z.string(),
  /** Folder on that host. */
  path: z.string(),
  /** What a person types to see them, line by line. */
  see: z.array(z.string()),
});
export type UncountedWrites = z.infer<typeof uncountedSchema>;

const outputSchema = z.object({ uncounted: z.array(uncountedSchema) });

/** Of all steps; undefined where there are none. */
export function uncountedIn(outputs: Readonly<Record<string, unknown>>): UncountedWrites[] | undefined {
  const found = Object.values(outputs).flatMap((output) => outputSchema.safeParse(output).data?.uncounted ?? []);
  return found.length > 0 ? found : undefined;
}

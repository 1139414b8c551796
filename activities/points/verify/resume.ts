/** What a verification has seen so far; the next attempt goes on with it. */
import { z } from 'zod';
import { pointIdSchema } from '../../../domain/points/recovery-point.ts';
import { dayOf, findingSchema, lookSchema } from '../../../domain/points/verification.ts';
import type { ObjectsProgress } from './check-objects.ts';

const resumeSchema = z.object({
  locations: z.array(z.string()),
  today: z.number(),
  points: z.number(),
  looks: z.array(lookSchema),
  findings: z.array(findingSchema),
  findingsLeftOut: z.number(),
  quarantined: z.array(z.object({ point: pointIdSchema, lost: z.array(z.string()) })),
  released: z.array(pointIdSchema),
  notes: z.array(z.string()),
  /** Ids that are done; and of the one that was being looked at, how far. */
  done: z.array(pointIdSchema),
  current: z
    .object({ id: pointIdSchema, progress: z.custom<ObjectsProgress>((value) => typeof value === 'object') })
    .optional(),
});
export type Resume = z.infer<typeof resumeSchema>;

/** An attempt goes on only with the locations that the one before it had: what it says must hold for all of them. */
export function resumed(from: unknown, locations: readonly string[]): Resume {
  const fresh: Resume = {
    ...{ locations: [...locations], today: dayOf(new Date()), points: 0, findingsLeftOut: 0 },
    ...{ looks: [], findings: [], quarantined: [], released: [], notes: [], done: [] },
  };
  const { data } = resumeSchema.safeParse(from);
  return data && data.locations.join() === locations.join() ? data : fresh;
}

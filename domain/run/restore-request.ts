/** What a restore may be asked for: which point, what of it, and where to. Fields of the run's input, so the UI's form has them too. */
import { z } from 'zod';
import { absolutePath, nameSchema } from '../plan/values.ts';
import { pointStates } from '../points/point-states.ts';

/** `20251110` and `2025-11-10` are a day, `2025-11-10 12:00` is a moment; in UTC where no zone stands. */
const dateSchema = z
  .string()
  .regex(/^(\d{8}|\d{4}-\d\d-\d\d)$|^\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)?$/, {
    error: 'a date is 20251110, or "2025-11-10 12:00" in UTC, or with a zone as in 2025-11-10T12:00:00+01:00',
  });

const untilSchema = z.iso.datetime({
  offset: true,
  error: 'a moment has its zone, so that nobody guesses. Try: 2025-11-10T12:00:00+00:00',
});

export const restoreRequestSchema = z.strictObject({
  /** The newest of this day, or at or before this moment. */
  date: dateSchema.optional(),
  label: nameSchema.optional(),
  /** Only a point that has come this far. */
  state: z.enum(pointStates).optional(),
  /** The newest point taken before a deployment; of this version or commit where one is named. */
  beforeDeployment: z.union([z.literal(true), z.string().min(1)]).optional(),
  /** The newest taken strictly before this moment: what came later is not trusted. */
  before: untilSchema.optional(),
  /** Only points that this storage location has, and it is read first. */
  from: nameSchema.optional(),

  /** Only these of the plan's components. */
  components: z.array(nameSchema).min(1).optional(),
  /** Only these files and folders. */
  paths: z
    .array(absolutePath.refine((path) => path !== '/', { error: 'everything is no choice. Try: leave paths out' }))
    .min(1)
    .optional(),
  /** Only these tables of one database. */
  tables: z.array(z.string().min(1)).min(1).optional(),
  /** The components of a configuration rollback. */
  configOnly: z.literal(true).optional(),
  /** Databases that keep a log come back as they were at this moment. */
  until: untilSchema.optional(),

  /** A host of the site by its name, or an address whose key stands among the plan's known hosts. */
  host: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9.:-]*$/, { error: 'a host is a name of the plan or an address' })
    .optional(),
  /** A scratch place: a folder for files, a name for one database. Nothing that is there is touched. */
  into: z.string().min(1).optional(),
  /** The hosts are bare: users, packages and units of the plan's `bare` are made first. `anyway`: also where something is there. */
  bare: z.union([z.literal(true), z.literal('anyway')]).optional(),
});
export type RestoreRequest = z.infer<typeof restoreRequestSchema>;

/** First and last moment that a date stands for, ISO. A moment has no first: whatever is older will do. */
export function spanOf(date: string): { from?: string; to: string } {
  const day = /^(\d{4})-?(\d\d)-?(\d\d)$/.exec(date);
  if (day) {
    const [, year, month, date_] = day;
    return { from: `${year}-${month}-${date_}T00:00:00.000Z`, to: `${year}-${month}-${date_}T23:59:59.999Z` };
  }
  const text = date.replace(' ', 'T');
  return { to: new Date(/(Z|[+-]\d\d:\d\d)$/.test(text) ? text : `${text}Z`).toISOString() };
}

/** Which promise of the plan's `objectives.rto` a restore is measured by. */
export function promiseOf({ into, paths, configOnly, date, until, before }: RestoreRequest): string {
  if (into) return 'scratch-restore';
  if (paths) return 'partial-recovery';
  if (configOnly) return 'configuration-rollback';
  return date || until || before ? 'point-in-time' : 'full-recovery';
}

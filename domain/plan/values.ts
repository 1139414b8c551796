/** Values that stand in many places of a plan: names, times, secrets, paths, addresses. */
import { z } from 'zod';
import { durationSchema } from '../duration.ts';

/** Names become ids of workflows, keys of objects and names of files, so they hold nothing that could climb a path. */
export const nameSchema = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, {
  error: 'a name is lower-case letters, digits and dashes. Try: spacetime-api',
});

/** A time that is waited or given: never none. */
export const someTime = durationSchema.refine((ms) => ms > 0, { error: 'that is no time at all. Try: 5s' });

/** Where a secret is found. Resolved inside activities only. `file` may be relative to the plan's folder. */
export const secretSchema = z.union([
  z.strictObject({ env: z.string().min(1) }),
  z.strictObject({ file: z.string().min(1) }),
]);
export type SecretRef = z.infer<typeof secretSchema>;

export const absolutePath = z
  .string()
  .regex(/^\//, { error: 'a path on a host is absolute. Try: begin it with /' })
  .refine((path) => !path.split('/').includes('..'), {
    error: 'a path on a host does not climb. Try: write it without ..',
  });

export const httpUrl = z
  .string()
  .regex(/^https?:\/\/[^\s/]+/, { error: 'a URL begins with http or https. Try: http://{host}:8080/status' });

export const octalMode = z.string().regex(/^[0-7]{3,4}$/, { error: 'a mode is octal and quoted. Try: "0600"' });

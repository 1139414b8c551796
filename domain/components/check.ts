/** A question about a database: asked when the point is taken, asked again after a restore, and compared. */
import { z } from 'zod';
import { nameSchema } from '../plan/values.ts';

export const checkSchema = z.strictObject({ name: nameSchema, query: z.string().min(1) });

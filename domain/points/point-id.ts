/** The name of a recovery point: the second in which it was begun, in UTC. */
import { z } from 'zod';

export const pointIdSchema = z
  .string()
  .regex(/^\d{8}_\d{6}$/, { error: 'a recovery point id looks like 20260102_031500' });

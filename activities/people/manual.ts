/**
 * A step that a person does and confirms. The workflow waits for the confirmation itself, so this has only a pure half; no
 * worker ever runs it.
 */
import { z } from 'zod';
import { refusal } from '../../domain/errors.ts';
import { defineStep } from '../step.ts';

const manualInputSchema = z.object({
  title: z.string().min(1),
  /** What to do, for the person who does it. */
  instructions: z.string(),
  /** As `Asked`; all absent in a step that is only confirmed. */
  ask: z.enum(['done', 'yes-no', 'text']).optional(),
  role: z.string().optional(),
  people: z.array(z.string()).optional(),
  signs: z.boolean().optional(),
  /** ms it waits for its answer; for ever where absent. */
  within: z.number().int().positive().optional(),
});

export const manual = defineStep({
  kind: 'manual',
  version: 1,
  changes: false,
  input: manualInputSchema,
  title: ({ title }) => title,
  shell: ({ title, instructions }) => [
    ...[title, ...instructions.trim().split('\n')].map((line) => `# ${line}`),
    'read -r -p "Done? Press Enter. " _',
  ],
  limits: { startToClose: 86_400_000 },
  run: async ({ title }): Promise<never> => {
    throw refusal('ManualStep', `"${title}" is done by a person.`, 'do it, then confirm it with: muster confirm STEP');
  },
});

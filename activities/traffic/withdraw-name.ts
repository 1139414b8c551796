/** Takes the service's name away from a lost site: it points at the plan's `withdrawn` target until a site serves. */
import { defineStep } from '../step.ts';
import { checkMove, moveBack, moveInputSchema, moveName, moveShell, noteRecord } from './move-name.ts';

const inputSchema = moveInputSchema.extend({
  /** The site that loses the name, for people. */
  site: moveInputSchema.shape.name,
});

/** Output: `{ outcome: 'moved' | 'there already', to, from }` */
export const withdrawName = defineStep({
  kind: 'withdrawName',
  version: 1,
  input: inputSchema,
  title: ({ name, site }) => `Take ${name} away from ${site}`,
  shell: moveShell,
  limits: { startToClose: 300_000 },
  check: checkMove,
  run: moveName,
  before: noteRecord,
  undo: moveBack,
});

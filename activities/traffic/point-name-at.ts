/** Points the service's name at a site: an alias or plain addresses. Runbook: "Update DNS to point to DR region". */
import { defineStep } from '../step.ts';
import { checkMove, moveBack, moveInputSchema, moveName, moveShell, noteRecord } from './move-name.ts';

const inputSchema = moveInputSchema.extend({
  /** The site, for people. */
  site: moveInputSchema.shape.name,
});

/** Output: `{ outcome: 'moved' | 'there already', to, from }` */
export const pointNameAt = defineStep({
  kind: 'pointNameAt',
  version: 1,
  input: inputSchema,
  title: ({ name, site }) => `Point ${name} at ${site}`,
  shell: moveShell,
  limits: { startToClose: 300_000 },
  check: checkMove,
  run: moveName,
  before: noteRecord,
  undo: moveBack,
});

/** Step `endRehearsal`: people have looked; what was rehearsed takes itself away, or comes home, and its end is the end of the drill's work. */

import { lookStep } from '../../../domain/drills/isolation.ts';
import { refusal } from '../../../domain/errors.ts';
import { defineStep } from '../../step.ts';
import { waitFor } from '../../waiting.ts';
import { seeRehearsal } from './seen.ts';
import { clientOf } from './start-rehearsal.ts';
import { rehearsalId, rehearsalSchema } from './started.ts';

const titles = {
  isolated: 'Take the rehearsal away, and prove that the real thing was not touched',
  exercise: 'Until users are home again',
} as const;

/** Output: `{ outcome, rehearsal }`. */
export const endRehearsal = defineStep({
  kind: 'endRehearsal',
  version: 1,
  input: rehearsalSchema,
  title: ({ kind }) => titles[kind],
  shell: ({ kind, service }) => [
    kind === 'exercise'
      ? `muster exercise show ${service}`
      : `muster confirm ${service} ${lookStep} --procedure isolated-drill`,
  ],
  async run(input, context) {
    const temporal = clientOf(context);
    // An exercise ends by its own time, and goes home by a signed go.
    if (input.kind === 'isolated' && (await seeRehearsal(temporal, input)).stands) {
      const word = { by: `drill ${input.drill}`, step: lookStep };
      await temporal.workflow.getHandle(rehearsalId(input)).signal('confirm', word);
    }
    const within = input.within + input.hold;
    const seen = await waitFor({ within, signal: context.signal, onLook: () => context.heartbeat() }, async () => {
      const now = await seeRehearsal(temporal, input);
      return now.ended ? { run: now.run, ...now.ended } : undefined;
    });
    const hint = `look at its report, and see that nothing is left: ${rehearsalId(input)}.`;
    if (!seen) throw refusal('RehearsalGoesOn', 'What was rehearsed has not ended in time.', hint);
    if (!seen.well)
      throw refusal('RehearsalFailed', `${seen.run} ended otherwise: ${seen.summary.replace(/\.$/, '')}.`, hint);
    return { outcome: seen.summary, rehearsal: seen.run };
  },
});

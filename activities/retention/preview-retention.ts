/** Step `previewRetention`: says what retention would delete, and why. Deletes nothing. */
import { z } from 'zod';
import { summarizeLogs } from '../../domain/retention/logs.ts';
import { defineStep } from '../step.ts';
import { prospects } from './prospect.ts';
import { retentionInput } from './retention-input.ts';
import { surveyFor } from './survey.ts';

const input = z.object({ service: z.string(), locations: z.array(z.string()).min(1), retention: retentionInput });

/** A history is no place for thousands of verdicts: `muster retention` shows them all. */
const mostShown = 50;

export const previewRetention = defineStep({
  kind: 'previewRetention',
  version: 1,
  changes: false,
  input,
  title: ({ service }) => `Say which recovery points of ${service} would go, and why`,
  shell: ({ service }) => [`muster retention ${service}`],
  limits: { startToClose: 3_600_000 },
  async run({ service, locations, retention }, context) {
    const all = await prospects(await surveyFor({ service, locations }, context), retention, { now: Date.now() });
    const drops = all.flatMap((each) => each.drops.map(({ point, location, why }) => ({ point, location, why })));
    const lines = all.map(({ place, toll, verdicts, logs, overBudget }) => {
      const size = `${Math.round(toll.bytes / 100_000) / 10} MB`;
      const but = place.unsure[0] ?? overBudget;
      const old = logs.filter(({ keep }) => !keep).length;
      const batches = logs.length > 0 ? `, ${old} of ${logs.length} batches of shipped logs` : '';
      return `${toll.location}: ${toll.points} of ${verdicts.length} points would go${batches}, ${size}.${but ? ` But: ${but}` : ''}`;
    });
    return {
      outcome: 'nothing deleted',
      summary: `${lines.join(' ')} Nothing was deleted.`,
      tolls: all.map(({ toll }) => toll),
      drops: drops.slice(0, mostShown),
      logs: all.flatMap(({ logs }) => summarizeLogs(logs)),
      more: Math.max(0, drops.length - mostShown),
    };
  },
});

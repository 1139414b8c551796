/** Asks the service for its health until it was good several times in a row. Runbook step 12, without the blind sleep. */
import { defineStep } from '../step.ts';
import { probe } from './probe.ts';
import { probeUntilHealthy, probeUntilSchema } from './probe-until.ts';

/** Output: `{ outcome: '3 healthy in a row', successes, tries, lastMs }` */
export const checkHealth = defineStep({
  kind: 'checkHealth',
  version: 1,
  changes: false,
  input: probeUntilSchema,
  title: ({ url, successes }) => `Check ${url}${successes > 1 ? `, ${successes} times in a row` : ''}`,
  shell: ({ url, expect }) => {
    const tests = Object.entries(expect).map(([path, value]) => `.${path} == ${JSON.stringify(value)}`);
    const filter = tests.length > 0 ? ` | jq -e '${tests.join(' and ')}'` : '';
    return [`curl -fsS --max-time 5 ${url}${filter}`];
  },
  limits: { startToClose: 900_000 },
  async check(input, context) {
    const { healthy, why } = await probe(input, context.signal);
    return healthy ? { state: 'ready', what: 'healthy' } : { state: 'ready', what: why };
  },
  run: probeUntilHealthy,
});

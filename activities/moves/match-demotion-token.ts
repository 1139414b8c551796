/** Step `matchDemotionToken`: the promotion. What stands here is exactly what the source held when its writers had stopped. */
import { z } from 'zod';
import { refusal } from '../../domain/errors.ts';
import { verifyShell } from '../archives/shell.ts';
import { outputOf } from '../points/prepared.ts';
import { defineStep } from '../step.ts';
import { differences, readToken, tokenInput, tokenSchema } from './demotion-token.ts';

const input = tokenInput.extend({
  /** Id of the step that took the token; it is in `needs`. */
  token: z.string(),
});

/** Output: `{ outcome: 'exactly the source', component, point }`. Refusal `TokenMismatch` says what differs. */
export const matchDemotionToken = defineStep({
  kind: 'matchDemotionToken',
  version: 1,
  input,
  changes: false,
  title: ({ component, host, site }) =>
    `Prove that ${component.name} on ${host.name} in ${site} is exactly the source's`,
  shell: ({ component, host }) => [
    `# compare with the answers of the source: ${component.name}`,
    ...verifyShell(component, host),
  ],
  limits: { startToClose: 1_800_000 },
  async run({ token: from, ...wanted }, context) {
    const source = outputOf(tokenSchema, { [from]: context.outputs[from] }, from);
    const { token: here, wrong: apart } = await readToken(wanted, context);
    const wrong = [...differences(source, here), ...apart];
    if (wrong.length === 0) return { outcome: 'exactly the source', component: here.component, point: here.point };
    throw refusal(
      'TokenMismatch',
      `${here.component} on ${wanted.host.name} in ${wanted.site} is not what the source holds: ${wrong.slice(0, 5).join('; ')}.`,
      'nothing was moved; muster verify the final recovery point, then ask for the move again.',
      { host: wanted.host.name },
    );
  },
});

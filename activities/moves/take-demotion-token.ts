/** Step `takeDemotionToken`: what the source holds when nobody writes any more; the target must hold exactly that. */

import { refusal } from '../../domain/errors.ts';
import { verifyShell } from '../archives/shell.ts';
import { defineStep } from '../step.ts';
import { readToken, type Token, tokenInput } from './demotion-token.ts';

/** Output: the token. Refusals `DataDiffers`, `ProofMissing`: somebody wrote after the final point, or nothing can be proven. */
export const takeDemotionToken = defineStep({
  kind: 'takeDemotionToken',
  version: 1,
  input: tokenInput,
  changes: false,
  title: ({ component, host, site }) => `Note exactly what ${component.name} on ${host.name} in ${site} holds`,
  shell: ({ component, host }) => [`# keep the answers: ${component.name}`, ...verifyShell(component, host)],
  limits: { startToClose: 1_800_000 },
  async run(input, context): Promise<Token & { outcome: string }> {
    const { token, wrong } = await readToken(input, context);
    if (wrong.length > 0) {
      throw refusal(
        'DataDiffers',
        `${token.component} on ${input.host.name} (${input.site}) is not exactly ${token.point}: ${wrong.slice(0, 5).join('; ')}.`,
        'find out who writes there though the service is stopped, then ask for the move again.',
        { host: input.host.name },
      );
    }
    const wal = token.wal ? `, log at ${token.wal.lsn} of timeline ${token.wal.timeline}` : '';
    return { ...token, outcome: `${token.compared} compared${wal}` };
  },
});

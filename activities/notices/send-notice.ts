/** Tells the team, as a step of its own. Runbook step 7. Put it in with `required: false`: it never holds up a recovery. */
import { z } from 'zod';
import { passing } from '../aws/errors.ts';
import { shellQuote } from '../hosts/shell-quote.ts';
import { defineStep } from '../step.ts';
import { notify } from './notify.ts';

const inputSchema = z.object({
  event: z.string(),
  text: z.string(),
  severity: z.enum(['info', 'warning', 'danger']).default('info'),
  fields: z.record(z.string(), z.string()).default({}),
});

/** Output: `{ outcome: 'told 2 of 2', deliveries }`. Sending twice says the same thing twice, which does no harm. */
export const sendNotice = defineStep({
  kind: 'sendNotice',
  version: 1,
  changes: false,
  input: inputSchema,
  title: ({ text }) => `Tell the team: ${text}`,
  shell: ({ text }) => [
    `printf '%s' ${shellQuote(JSON.stringify({ text }))} | curl -fsS --max-time 4 -H 'content-type: application/json' --data @- "$NOTICE_URL"`,
  ],
  limits: { startToClose: 20_000 },
  async run(input, context) {
    const { run, service, signal } = context;
    context.heartbeat({ text: 'sending' });
    const deliveries = await notify(
      { ...input, run, service },
      { plan: context.plan, secret: (ref) => context.secret(ref), signal },
    );
    const sent = deliveries.filter((each) => each.sent);
    if (deliveries.length > 0 && sent.length === 0) {
      const why = deliveries.map((each) => `${each.name}: ${each.why}`).join('; ');
      throw passing('NoticeNotSent', `Nobody could be told (${why}).`, 'tell the team by other means.');
    }
    return { outcome: `told ${sent.length} of ${deliveries.length}`, deliveries };
  },
});

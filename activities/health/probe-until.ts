/** Asks a health URL until it was good several times in a row, or the time has passed. */
import { z } from 'zod';
import { refusal } from '../../domain/errors.ts';
import type { StepContext } from '../context.ts';
import { waitFor } from '../waiting.ts';
import { probe } from './probe.ts';

export const probeUntilSchema = z.object({
  /** Concrete: `{host}` of the plan is filled in already. */
  url: z.string(),
  /** Part of the JSON body that must be so. Empty: any answer of 2xx will do. */
  expect: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
  /** In a row. */
  successes: z.number().int().positive().default(3),
  /** ms between the start of two requests. */
  interval: z.number().int().nonnegative().default(5_000),
  /** ms for one request. */
  timeout: z.number().int().positive().default(5_000),
  /** ms until the last success is due. */
  within: z.number().int().nonnegative().default(300_000),
  /** DNS server for the URL's name, `address:port`; the system's when absent. Give it to see the public name from outside. */
  resolver: z.string().optional(),
});

/** @throws `NotHealthy` */
export async function probeUntilHealthy(input: z.output<typeof probeUntilSchema>, context: StepContext) {
  const { url, successes: wanted, interval, within } = input;
  const started = performance.now();
  let inARow = 0;
  let tries = 0;
  let lastMs = 0;
  let why = 'it was not asked';
  const reached = await waitFor(
    {
      within,
      every: interval,
      atMost: interval,
      signal: context.signal,
      onLook: (ms) =>
        context.heartbeat({
          text: `${inARow} of ${wanted} healthy answers, ${Math.round(ms / 1000)} s${why && tries > 0 ? `: ${why}` : ''}`,
          done: inARow / wanted,
        }),
    },
    async () => {
      const left = within - (performance.now() - started);
      const timeout = Math.max(250, Math.min(input.timeout, left));
      const answer = await probe({ ...input, timeout }, context.signal);
      tries += 1;
      lastMs = answer.took;
      // A question that the end of the time cut short says less than the answer before it.
      if (tries === 1 || timeout === input.timeout || answer.took < timeout) why = answer.why;
      inARow = answer.healthy ? inARow + 1 : 0;
      return inARow >= wanted ? true : undefined;
    },
  );
  if (reached) return { outcome: `${inARow} healthy in a row`, successes: inARow, tries, lastMs };
  throw refusal(
    'NotHealthy',
    `${url} was not healthy ${wanted} times in a row within ${Math.round(within / 1000)} s: ${why || `only ${inARow}`} (${tries} tries).`,
    'look at the journal of the service, mend it, then retry the step.',
  );
}

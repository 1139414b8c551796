/**
 * Asks the observer when users were served again: the end of the outage, as someone outside saw it.
 *
 * Give it the steps that moved and resolved the name as `needs`: healthy answers count from the move on, and only from the
 * addresses that the name leads to now. Without an observer, or when it cannot be asked, the worker looks for itself, and the
 * output says "not observed": nobody saw when the service came back.
 */
import { z } from 'zod';
import { refusal } from '../../domain/errors.ts';
import type { ObserverState, Outage } from '../../domain/observers/observer.ts';
import type { StepContext } from '../context.ts';
import { defineStep } from '../step.ts';
import { waitFor } from '../waiting.ts';
import { observedOutages, observerState } from './observer.ts';
import { probeUntilHealthy, probeUntilSchema } from './probe-until.ts';

const inputSchema = probeUntilSchema.extend({
  /** Base URL of the observer's API. */
  observer: z.string().optional(),
  /** ms; include what old answers may live in resolvers. */
  within: z.number().int().positive().default(180_000),
});

export interface SeenOutput {
  readonly outcome: string;
  /** First healthy answer after the outage, ISO. */
  readonly recoveredAt?: string;
  readonly recoveredSource?: string;
  readonly outageStart?: string;
  /** ms */
  readonly downtime?: number;
  readonly why?: string;
}

export const seeFromOutside = defineStep<typeof inputSchema, SeenOutput>({
  kind: 'seeFromOutside',
  version: 1,
  changes: false,
  input: inputSchema,
  title: ({ url }) => `See ${url} from outside`,
  shell: ({ url, observer }) => (observer ? [`curl -fsS ${observer}/state`] : [`curl -fsS --max-time 5 ${url}`]),
  limits: { startToClose: 600_000 },
  async check({ observer }, context) {
    if (!observer) return { state: 'ready', what: 'no observer: it will be healthy, not observed' };
    const { state, why } = await observerState({ url: observer, timeout: 3_000, signal: context.signal });
    return { state: 'ready', what: `the observer says ${state}${why ? `: ${why}` : ''}` };
  },
  async run(input, context) {
    const { url, observer, within } = input;
    if (!observer) {
      await probeUntilHealthy(input, context);
      return { outcome: 'healthy, not observed', why: 'the plan names no observer, so nobody saw since when' };
    }
    const moved = movedIn(context);
    let last: ObserverState | undefined;
    let why = '';
    const seen = await waitFor(
      {
        within,
        every: 200,
        atMost: 1_000,
        signal: context.signal,
        onLook: (ms) =>
          context.heartbeat({
            text: `the observer says ${last?.state ?? (why || 'nothing yet')}, ${Math.round(ms / 1000)} s`,
          }),
      },
      async () => {
        try {
          const ask = { url: observer, timeout: 3_000, signal: context.signal };
          last = await observerState(ask);
          if (!isServed(last, moved)) return undefined;
          return { outage: (await observedOutages(ask)).outages.findLast((each) => each.until !== undefined) };
        } catch (error) {
          context.signal.throwIfAborted();
          why = error instanceof Error ? error.message : String(error);
          return undefined;
        }
      },
    );
    if (seen) return told(seen.outage);
    if (!last) {
      await probeUntilHealthy(input, context);
      return { outcome: 'healthy, not observed', why: `the observer could not be asked: ${why}` };
    }
    throw refusal(
      'NotSeenHealthy',
      `The observer did not see ${url} healthy from the new site within ${Math.round(within / 1000)} s: ${last.why ?? last.state}, at ${last.address ?? 'no address'}.`,
      'check the name and what lies before the hosts (load balancer, firewall), then retry the step.',
    );
  },
});

interface Moved {
  /** ISO */
  readonly at?: string;
  readonly addresses?: readonly string[];
}

function movedIn(context: StepContext): Moved {
  const shape = z.object({ at: z.iso.datetime().optional(), addresses: z.array(z.string()).optional() });
  const outputs = Object.values(context.outputs).map((output) => shape.safeParse(output).data ?? {});
  return {
    at: outputs
      .flatMap((output) => output.at ?? [])
      .sort()
      .at(-1),
    addresses: outputs.find((output) => output.addresses)?.addresses,
  };
}

function isServed(state: ObserverState, moved: Moved): boolean {
  if (state.state !== 'ok') return false;
  if (moved.at && (state.lastGood === undefined || state.lastGood < moved.at)) return false;
  return !moved.addresses || state.address === undefined || moved.addresses.includes(state.address);
}

function told(outage: Outage | undefined): SeenOutput {
  if (!outage?.until) return { outcome: 'healthy; no outage was seen' };
  return {
    outcome: `healthy since ${outage.until}`,
    recoveredAt: outage.until,
    recoveredSource: outage.observed
      ? 'first healthy answer of the observer'
      : 'first healthy answer of the observer, which did not look all the time',
    outageStart: outage.since,
    downtime: outage.ms,
  };
}

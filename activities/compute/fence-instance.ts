/**
 * Fences the lost site: stops its hosts by EC2, so that an old primary that comes back cannot take writes.
 *
 * A region that does not answer is an outcome of this step and not a failure: the gate behind it asks a person. All limits
 * are short, since users wait meanwhile.
 */
import type { EC2Client } from '@aws-sdk/client-ec2';
import { z } from 'zod';
import { isUnreachable } from '../aws/errors.ts';
import type { StepContext } from '../context.ts';
import { defineStep } from '../step.ts';
import { LimitPassed, waitFor, withLimit } from '../waiting.ts';
import { findInstances, handling, type InstanceFacts } from './instances.ts';
import { isOff, powerOn } from './power.ts';

export const fenceInputSchema = z
  .object({
    region: z.string(),
    /** The host's or the group's name in the plan, for people. */
    name: z.string(),
    instance: z.string().optional(),
    /** Where the region did not answer the assessment, no id is known: the hosts are looked up when the step runs. */
    tags: z.record(z.string(), z.string()).optional(),
    /** ms until an instance that was told to stop must be stopped. */
    within: z.number().int().positive().default(90_000),
    /** ms that one request to the lost region may take. */
    requestLimit: z.number().int().positive().default(4_000),
  })
  .refine(({ instance, tags }) => instance !== undefined || Object.keys(tags ?? {}).length > 0, {
    error: 'an instance or tags are needed',
  });
type Input = z.output<typeof fenceInputSchema>;

export interface FenceOutput {
  readonly outcome: 'fenced' | 'unreachable' | 'refused';
  readonly why: string;
  readonly instances: readonly string[];
}

export const fenceInstance = defineStep<typeof fenceInputSchema, FenceOutput>({
  kind: 'fenceInstance',
  version: 1,
  input: fenceInputSchema,
  title: ({ name, region }) => `Fence ${name} in ${region}`,
  shell: (input) => {
    const which = input.instance ?? '$ids';
    const lookup = `ids=$(aws ec2 describe-instances --region ${input.region} --filters ${filters(input)} --query 'Reservations[].Instances[].InstanceId' --output text)`;
    return [
      ...(input.instance ? [] : [lookup]),
      `aws ec2 stop-instances --region ${input.region} --instance-ids ${which}`,
      `aws ec2 wait instance-stopped --region ${input.region} --instance-ids ${which}`,
    ];
  },
  limits: { startToClose: 180_000 },
  async check(input, context) {
    try {
      const found = await look(await context.ec2(input.region), input, context);
      if (found.length === 0) return { state: 'blocked', why: `${input.region} has no such instance` };
      if (found.every(isOff)) return { state: 'done', what: 'stopped already' };
      return { state: 'ready', what: found.map(({ id, state }) => `${id} is ${state}`).join(', ') };
    } catch (error) {
      context.signal.throwIfAborted();
      if (!isUnreachable(error)) throw error;
      return { state: 'ready', what: `EC2 of ${input.region} does not answer: the gate would ask` };
    }
  },
  run: fenceByPower,
  /** Notes which instances ran; an unreachable region has nothing to put back. Never fails. */
  async before(input, context) {
    const found = await context
      .ec2(input.region)
      .then((client) => look(client, input, context))
      .catch(() => {
        context.signal.throwIfAborted();
        return [];
      });
    return { running: found.filter((each) => !isOff(each)).map(({ id }) => id) };
  },
  /** Starts those again that ran before. */
  async undo(input, before, context) {
    const { running } = z.object({ running: z.array(z.string()) }).parse(before);
    for (const instance of running) await powerOn({ ...input, instance }, input.within, context);
  },
});

/** Stops what has the tags. Never fails for what the region does. */
export async function fenceByPower(input: Input, context: StepContext): Promise<FenceOutput> {
  let ids: readonly string[] = input.instance ? [input.instance] : [];
  try {
    const client = await context.ec2(input.region);
    const found = await look(client, input, context);
    ids = found.map(({ id }) => id);
    if (found.length === 0) return refused(`${input.region} answers, but has no such instance as ${input.name}`, ids);
    if (found.every(isOff)) return { outcome: 'fenced', why: 'stopped already', instances: ids };
    return await stopAll(client, found, input, context);
  } catch (error) {
    context.signal.throwIfAborted();
    // A superseded attempt is not an answer of the region.
    if ((error as { type?: string }).type === 'Superseded') throw error;
    const why = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    if (isUnreachable(error))
      return { outcome: 'unreachable', why: `EC2 of ${input.region} does not answer (${why})`, instances: ids };
    return refused(why, ids);
  }
}

async function look(client: EC2Client, input: Input, context: StepContext): Promise<InstanceFacts[]> {
  return await limited(input, context, async (signal) => {
    if (!input.instance) return await findInstances(client, input.tags ?? {}, { signal, limit: input.requestLimit });
    const { DescribeInstancesCommand } = await import('@aws-sdk/client-ec2');
    const ask = handling({ signal, limit: input.requestLimit });
    const answer = await client.send(new DescribeInstancesCommand({ InstanceIds: [input.instance] }), ask);
    return (answer.Reservations ?? [])
      .flatMap((reservation) => reservation.Instances ?? [])
      .map((each) => ({
        id: each.InstanceId ?? '',
        state: each.State?.Name ?? 'unknown',
        address: each.PrivateIpAddress,
      }));
  });
}

/** Tells them to stop; after half the time by force, which is as good as pulling the plug. Verified by reading them back. */
async function stopAll(
  client: EC2Client,
  found: readonly InstanceFacts[],
  input: Input,
  context: StepContext,
): Promise<FenceOutput> {
  const ids = found.map(({ id }) => id);
  const on = found.filter((each) => !isOff(each)).map(({ id }) => id);
  const { StopInstancesCommand } = await import('@aws-sdk/client-ec2');
  const stop = async (Force: boolean) => {
    context.assertCurrent();
    await limited(input, context, (signal) =>
      client.send(
        new StopInstancesCommand({ InstanceIds: on, Force }),
        handling({ signal, limit: input.requestLimit }),
      ),
    );
  };
  await stop(false);
  let forced = false;
  const still = await waitFor(
    {
      within: input.within,
      atMost: 2_000,
      signal: context.signal,
      onLook: (ms) => context.heartbeat({ text: `waiting for ${input.name} to stop, ${Math.round(ms / 1000)} s` }),
    },
    withClock(async (waited) => {
      const now = await look(client, input, context);
      if (now.every(isOff)) return now;
      if (!forced && waited > input.within / 2) {
        forced = true;
        await stop(true);
      }
      return undefined;
    }),
  );
  if (still) return { outcome: 'fenced', why: forced ? 'stopped by force' : 'stopped', instances: ids };
  return refused(`${ids.join(', ')} did not stop within ${Math.round(input.within / 1000)} s`, ids);
}

function withClock<Found>(probe: (waited: number) => Promise<Found | undefined>): () => Promise<Found | undefined> {
  const started = performance.now();
  return () => probe(performance.now() - started);
}

/** Two tries: one lost packet must not decide that a region is gone. */
async function limited<Result>(input: Input, context: StepContext, work: (signal: AbortSignal) => Promise<Result>) {
  try {
    return await withLimit(input.requestLimit, context.signal, work);
  } catch (error) {
    if (!(error instanceof LimitPassed) && !isUnreachable(error)) throw error;
    context.signal.throwIfAborted();
    context.heartbeat({ text: `EC2 of ${input.region} did not answer, asking once more` });
    return await withLimit(input.requestLimit, context.signal, work);
  }
}

function refused(why: string, instances: readonly string[]): FenceOutput {
  return { outcome: 'refused', why, instances };
}

function filters({ tags }: Input): string {
  return Object.entries(tags ?? {})
    .map(([key, value]) => `'Name=tag:${key},Values=${value}'`)
    .join(' ');
}

/** Changing the power of an instance and seeing it through; shared by the steps and their undo. */
import type { EC2Client } from '@aws-sdk/client-ec2';
import { refusal } from '../../domain/errors.ts';
import { awsError, passing } from '../aws/errors.ts';
import type { StepContext } from '../context.ts';
import { waitFor } from '../waiting.ts';
import { handling, type InstanceFacts, readInstance } from './instances.ts';

export interface PowerTarget {
  readonly region: string;
  readonly instance: string;
  readonly name: string;
}

export interface PowerOptions {
  readonly force?: boolean;
  /** Right before EC2 is asked to change it, and only then. What it throws ends the step with nothing changed. */
  readonly justBefore?: () => void | Promise<void>;
}

/** Starts an instance unless it runs, and waits until EC2 says `running`. */
export async function powerOn(
  target: PowerTarget,
  within: number,
  context: StepContext,
  { justBefore }: Pick<PowerOptions, 'justBefore'> = {},
): Promise<'started' | 'running already'> {
  const client = await context.ec2(target.region);
  const started = performance.now();
  let facts = await readInstance(client, target.instance, target.region, { signal: context.signal });
  if (facts.state === 'running') return 'running already';
  if (facts.state === 'stopping') facts = await awaitState(client, target, ['stopped'], within, context);
  if (isGone(facts)) throw gone(target, facts);
  if (facts.state !== 'pending') {
    await justBefore?.();
    await change(client, target, 'start', context);
  }
  const left = within - (performance.now() - started);
  const reached = await awaitState(client, target, ['running', 'stopped', 'terminated'], left, context, 'started');
  if (reached.state === 'running') return 'started';
  // EC2 accepted the start and took it back, as it does when the capacity was gone a moment later.
  throw passing(
    'StartTakenBack',
    `EC2 took the start of ${target.name} (${target.instance}, ${target.region}) back; it is ${reached.state} again.`,
    'wait: it is tried again. The reason stands in the EC2 console under "State transition message".',
  );
}

/** Stops an instance unless it is stopped, and waits until EC2 says `stopped`. */
export async function powerOff(
  target: PowerTarget,
  within: number,
  context: StepContext,
  options: PowerOptions = {},
): Promise<'stopped' | 'stopped already'> {
  const client = await context.ec2(target.region);
  const facts = await readInstance(client, target.instance, target.region, { signal: context.signal });
  if (isOff(facts)) return 'stopped already';
  if (facts.state === 'pending') await awaitState(client, target, ['running', 'stopped'], within, context);
  await options.justBefore?.();
  await change(client, target, 'stop', context, options);
  await awaitState(client, target, ['stopped', 'terminated'], within, context);
  return 'stopped';
}

/** `stopped` and `terminated` cannot serve or write. `stopping` still can. */
export function isOff(facts: InstanceFacts): boolean {
  return facts.state === 'stopped' || facts.state === 'terminated';
}

export function isGone(facts: InstanceFacts): boolean {
  return facts.state === 'terminated' || facts.state === 'shutting-down';
}

function gone(target: PowerTarget, facts: InstanceFacts) {
  return refusal(
    'InstanceTerminated',
    `${target.name} (${target.instance}, ${target.region}) is ${facts.state} and will not come back.`,
    'launch a new one with the tags of the plan, then start a new run.',
  );
}

async function change(
  client: EC2Client,
  target: PowerTarget,
  what: 'start' | 'stop',
  context: StepContext,
  options: Pick<PowerOptions, 'force'> = {},
): Promise<void> {
  const { StartInstancesCommand, StopInstancesCommand } = await import('@aws-sdk/client-ec2');
  const ids = { InstanceIds: [target.instance] };
  context.assertCurrent();
  context.log(`${what} ${target.instance} in ${target.region}`);
  try {
    if (what === 'start') await client.send(new StartInstancesCommand(ids), handling({ signal: context.signal }));
    else
      await client.send(
        new StopInstancesCommand({ ...ids, Force: options.force }),
        handling({ signal: context.signal }),
      );
  } catch (error) {
    throw awsError(
      error,
      `${target.name} (${target.instance}, ${target.region}) could not be ${what === 'start' ? 'started' : 'stopped'}`,
    );
  }
}

/**
 * @param leaving  with 'started': a state that is still the old one is waited out for a moment, since EC2's answers lag
 */
async function awaitState(
  client: EC2Client,
  target: PowerTarget,
  wanted: readonly string[],
  within: number,
  context: StepContext,
  leaving?: 'started',
): Promise<InstanceFacts> {
  let last: InstanceFacts | undefined;
  let looks = 0;
  const found = await waitFor(
    {
      within,
      signal: context.signal,
      onLook: (ms) =>
        context.heartbeat({ text: `${target.name} is ${last?.state ?? 'asked'}, ${Math.round(ms / 1000)} s` }),
    },
    async () => {
      last = await readInstance(client, target.instance, target.region, { signal: context.signal });
      looks += 1;
      if (leaving === 'started' && last.state === 'stopped' && looks < 4) return undefined;
      return wanted.includes(last.state) ? last : undefined;
    },
  );
  if (found) return found;
  throw refusal(
    'InstanceStuck',
    `${target.name} (${target.instance}, ${target.region}) is ${last?.state} and did not become ${wanted[0]} within ${Math.round(within / 1000)} s.`,
    'look at the instance in the EC2 console, then retry the step, or skip it where the host is not needed.',
  );
}

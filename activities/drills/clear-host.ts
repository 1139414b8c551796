/** Taking away what drills restored on a host, whoever's run it was: the host itself says what came there. */
import { z } from 'zod';
import type { Host } from '../../domain/host.ts';
import type { Component } from '../../domain/plan/component.ts';
import { pointIdSchema } from '../../domain/points/point-id.ts';
import { driverFor } from '../archives/drivers.ts';
import { bringTo } from '../compute/service.ts';
import type { StepContext } from '../context.ts';
import { command } from '../hosts/run-command.ts';
import { runHostJob } from '../hosts/run-job.ts';
import { defaultPlace } from '../hosts/start-job.ts';

export interface Clearing {
  readonly host: Host;
  readonly service: string;
  /** Components that are restored to this host. */
  readonly components: readonly Component[];
  /** Commands of the plan; absent where the service does not run on this host. */
  readonly control?: { readonly start: string; readonly stop: string; readonly state: string } | undefined;
  /** Run at last. */
  readonly wipe?: string | undefined;
}

/** A restore that stands on a host. */
interface Standing {
  readonly component: Component;
  readonly point: string;
  readonly run: string;
}

/**
 * Stops the service, puts back what each restore switched in (a drill's host had nothing there), and wipes as the plan says.
 *
 * @returns what was taken away, in words; safe to run twice
 */
export async function clearHost(clearing: Clearing, part: string, context: StepContext): Promise<string[]> {
  const { host, service, control, wipe } = clearing;
  const standing = await standingOn(clearing, context);
  if (control) {
    const stopped = await bringTo('stopped', { host, service, ...control, within: 120_000 }, context);
    if (stopped === 'done' && standing.length === 0) context.log(`${service} ran on ${host.name} without a restore`);
  }
  // The last restored first, as an undo would have it.
  for (const each of standing) await takeAway(each, host, `${part}-${each.component.name}`, context);
  if (wipe && standing.length > 0) {
    const wiping = { ...context, step: `${context.step}.${part}-wipe-${context.attempt}`, resumeFrom: undefined };
    await command.run({ title: 'Wipe', run: wipe, host, limit: 600_000 }, wiping);
  }
  return standing.map(({ component, point, run }) => `${component.name} of ${point} (${run})`);
}

/** `<component>.<point>.<run>`, with or without what was noted of it behind. */
const nameSchema = /^([a-z0-9][a-z0-9-]*)\.(\d{8}_\d{6})\.([A-Za-z0-9_-]+)(?:\.[a-z]+)*$/;

async function standingOn({ host, components }: Clearing, context: StepContext): Promise<Standing[]> {
  const executor = await context.host(host);
  const { stdout } = await executor.exec(`ls -1 ${defaultPlace.base}/restored 2>/dev/null || true`, {
    signal: context.signal,
  });
  const found = new Map<string, Standing>();
  for (const line of z.string().parse(stdout.toString()).split('\n')) {
    const [, name, point = '', run = ''] = nameSchema.exec(line) ?? [];
    const component = components.find((each) => each.name === name);
    if (component && pointIdSchema.safeParse(point).success) {
      found.set(`${component.name} ${point} ${run}`, { component, point, run });
    }
  }
  return [...found.values()].sort((a, b) => b.component.rank - a.component.rank);
}

async function takeAway({ component, point, run }: Standing, host: Host, part: string, context: StepContext) {
  const parts = await driverFor(component).undo(component, { run, point, secret: context.secret });
  const job = {
    script: parts.script,
    params: parts.params,
    lock: `component-${component.name}`,
    ...(parts.secrets ? { secrets: parts.secrets } : {}),
  };
  // An undo is safe to run twice, and one that is asked again must look again.
  const asked = {
    ...context,
    step: `${context.step}.${part}-${run.slice(-12)}-${context.attempt}`,
    resumeFrom: undefined,
  };
  await runHostJob(asked, await context.host(host), job);
}

/**
 * Step `syncComponent`: one component of the newest recovery point into place at the standby, ahead of need. P14: "Sync to DR site". The
 * service is not started; what was compared is marked, so that a failover which takes this point fetches nothing.
 */
import { z } from 'zod';
import { warmStateOf } from '../../domain/databases/warm-copy.ts';
import { restoreShell } from '../archives/by-hand.ts';
import { checkData } from '../archives/check-data.ts';
import { componentOnHost } from '../archives/component-input.ts';
import { driverFor } from '../archives/drivers.ts';
import { openPoint } from '../archives/open-point.ts';
import { restoreComponent } from '../archives/restore-component.ts';
import type { StepContext } from '../context.ts';
import { cancelParts } from '../hosts/cancel-job.ts';
import { defineStep } from '../step.ts';
import { waitFor } from '../waiting.ts';
import { unlessTaken, whileStandby } from './at-standby.ts';
import { beginWarm, endWarm, lookAtWarm, putWarmBack } from './warm-copy.ts';

const input = componentOnHost.extend({
  /** Paths of the point's other components on the host that lie in this one's: each is restored by a step of its own. */
  apart: z.array(z.string()).optional(),
});
type Input = z.output<typeof input>;

/** ms that a host has to answer. */
const reachable = 20_000;

export interface Synced {
  readonly outcome: string;
  readonly summary: string;
  readonly point: string;
  readonly component: string;
  readonly entries: number;
  readonly bytes: number;
  /** What stood there, was no copy of a recovery point any more, and is kept under these names. */
  readonly kept: string[];
}

export const syncComponent = defineStep({
  kind: 'syncComponent',
  version: 1,
  input,
  title: ({ component, host, point }) => `Restore ${component.name} of ${point.id} ahead on ${host.name}`,
  shell: ({ component, host, service, point, locations: [location = ''] }) =>
    restoreShell(component, host, { service, point: point.id, location }),
  limits: { startToClose: 6 * 3_600_000 },
  async check(wanted, context) {
    const seen = await lookAtWarm(await context.host(wanted.host), wanted.component.name, context.signal);
    if (warmStateOf(seen, wanted.point) === 'same') return { state: 'done', what: 'stands there already' };
    return { state: 'ready', what: seen.mark ? `${seen.mark.point} stands there` : 'nothing stands there yet' };
  },
  async run(wanted, context): Promise<Synced> {
    return await whileStandby(
      wanted.site,
      context,
      (guarded) => sync(wanted, guarded),
      () => letGo(wanted, context),
    );
  },
  /** What stood there before is back, and its mark with it; but what a recovery works with by now is left to it. */
  async undo(wanted, before, context) {
    const putBack = async () => {
      const undone = await restoreComponent.undo?.(wanted, before, within(context, 'restore'));
      await putWarmBack(markedOf(wanted), context);
      return undone;
    };
    return await unlessTaken(wanted.site, context, putBack, () => letGo(wanted, context));
  },
});

async function sync(wanted: Input, context: StepContext): Promise<Synced> {
  const { component, host, point, service } = wanted;
  const marked = markedOf(wanted);
  const seen = await lookAtWarm(await context.host(host), component.name, context.signal);
  if (seen.mark && warmStateOf(seen, point) === 'same') {
    const { entries, bytes } = seen.mark;
    const said = { outcome: 'stands there already', summary: sentence(wanted, 'already') };
    return { ...said, point: point.id, component: component.name, entries, bytes, kept: [] };
  }
  const opened = await openPoint({ ...wanted, component: component.name }, context);
  await beginWarm(marked, context);
  const restored = await restoreComponent.run(wanted, within(context, 'restore'));
  const checked = await checkData.run(wanted, within(context, `check-${context.attempt}`));
  const roots = driverFor(component).places?.(opened.record) ?? [];
  const { entries, bytes } = restored;
  const verified = `${checked.compared} compared with the index`;
  const mark = {
    ...{ point: point.id, sha256: point.sha256, takenAt: opened.record.takenAt, run: context.run },
    ...{ at: new Date().toISOString(), verified, entries, bytes },
  };
  const { kept } = await endWarm(marked, mark, { roots, apart: wanted.apart ?? [] }, context);
  context.log(`${component.name} of ${service} restored ahead`, { host: host.name, point: point.id });
  const outcome =
    kept.length > 0
      ? `restored ahead; ${kept.join(', ')} was no copy or changed by somebody, and is kept`
      : 'restored ahead';
  return {
    outcome,
    summary: sentence(wanted, 'now'),
    point: point.id,
    component: component.name,
    entries,
    bytes,
    kept,
  };
}

/** Jobs of a worker that died would keep the component's lock from the recovery. A host that does not answer for long has none to give. */
async function letGo({ component, host }: Input, context: StepContext): Promise<void> {
  let why: unknown;
  const ended = await waitFor({ within: reachable, signal: context.signal }, async () => {
    try {
      return await cancelParts(await context.host(host), context);
    } catch (error) {
      why = error;
      return undefined;
    }
  });
  if (ended === undefined) context.log(`jobs of ${component.name} on ${host.name} cannot be ended: ${why}`);
  else if (ended > 0) context.log(`jobs of ${component.name} ended for the recovery`, { host: host.name, ended });
}

function markedOf({ component, host }: Input) {
  return { component: component.name, host };
}

/** Each job of the step has a name of its own, so that a new worker finds the right one. */
function within(context: StepContext, part: string): StepContext {
  return { ...context, step: `${context.step}.${part}`, resumeFrom: undefined };
}

function sentence({ component, point, host, site }: Input, when: 'already' | 'now'): string {
  return `${component.name} of ${point.id} stands ${when === 'already' ? 'already ' : ''}on ${host.name} at ${site}.`;
}

/** Takes away what a drill has made on a host: what still works there, its databases, its folder; and nothing else. */
import { type DrillMark, drillFolder, runAlone } from '../../domain/drills/place.ts';
import type { Host } from '../../domain/host.ts';
import { restoreComponent } from '../archives/restore-component.ts';
import type { StepContext } from '../context.ts';
import { cancelRun } from '../hosts/cancel-job.ts';
import { shellQuote } from '../hosts/shell-quote.ts';
import { commandOn } from './command-on.ts';

export interface Placed {
  readonly host: Host;
  /** Site of the host, and the locations: a step's input wants them, and nothing is read. */
  readonly site: string;
  readonly locations: readonly string[];
}

/** Safe to repeat. Out: components that the plan no longer has, whose databases nobody can take away by it. */
export async function clearPlace(mark: DrillMark, placed: Placed, context: StepContext): Promise<string[]> {
  const { host } = placed;
  context.assertCurrent();
  // Jobs of this very run have ended with their steps; this one is its own.
  for (const run of [mark.run, runAlone(mark.run)])
    if (run !== context.run) await cancelRun(await context.host(host), run);
  const unknown: string[] = [];
  for (const [index, { component: name, point, into }] of mark.tried.entries()) {
    const component = context.plan.components.find((each) => each.name === name);
    if (!component) {
      unknown.push(name);
      continue;
    }
    const input = {
      ...{ service: mark.service, point: { id: point, sha256: unread }, component, host, into },
      ...{ site: placed.site, locations: [...placed.locations] },
    };
    const step = `${context.step}.clear-${index}-${context.attempt}`;
    await restoreComponent.undo?.(input, null, { ...context, run: mark.run, step, resumeFrom: undefined });
  }
  context.assertCurrent();
  const folder = shellQuote(drillFolder(mark.service, mark.run));
  await commandOn(host, context, `clear-${mark.run}`, `rm -rf --one-file-system -- ${folder}; [[ ! -e ${folder} ]]`);
  return unknown;
}

/** Putting back reads no manifest. */
const unread = '0'.repeat(64);

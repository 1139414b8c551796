/**
 * Step `testRestore`: one component of a point restored into a scratch place on a host, looked at, and taken away again. What stands there,
 * what serves and what the plan names is not touched; a failure, a kill or an abort leaves nothing behind.
 */
import { z } from 'zod';
import { drillPlacePattern, runAlone } from '../../../domain/drills/place.ts';
import { drillFaults } from '../../../domain/drills/request.ts';
import { Refusal } from '../../../domain/errors.ts';
import { condemns } from '../../../domain/points/condemning.ts';
import { checkData } from '../../archives/check-data.ts';
import { componentOnHost } from '../../archives/component-input.ts';
import { restoreComponent } from '../../archives/restore-component.ts';
import type { StepContext } from '../../context.ts';
import { withDamagedPart } from '../../drills/faulty-parts.ts';
import { cancelRun } from '../../hosts/cancel-job.ts';
import { runHostJob } from '../../hosts/run-job.ts';
import { shellQuote } from '../../hosts/shell-quote.ts';
import { defineStep } from '../../step.ts';

const input = componentOnHost.extend({
  /** A folder or a database of this run's own: it is removed at the end, whatever is in it. */
  into: z.union([
    z.string().regex(/^(\/var\/tmp\/muster-test-[A-Za-z0-9_-]+\/[a-z0-9-]+|muster_test_[a-z0-9_]{1,50})$/),
    z.string().regex(drillPlacePattern),
  ]),
  /** Only these files and folders; all of the component where absent. */
  paths: z.array(z.string()).min(1).optional(),
  /** What is put in on purpose, in a drill. */
  fault: z.enum(drillFaults).optional(),
});
type Input = z.output<typeof input>;

export const testedSchema = z.object({
  outcome: z.string(),
  component: z.string(),
  host: z.string(),
  /** `cannot`: this kind cannot be restored beside what is there; nothing is known. */
  verdict: z.enum(['good', 'bad', 'cannot']),
  why: z.string(),
  /** Type of the refusal of a bad one. */
  refused: z.string().optional(),
  entries: z.number(),
  bytes: z.number(),
  /** Files that were restored a second time, alone. */
  alone: z.number(),
});
export type Tested = z.infer<typeof testedSchema>;

/** Files that are restored a second time, alone, at most. */
const mostAlone = 3;

export const testRestore = defineStep({
  kind: 'testRestore',
  version: 1,
  input,
  title: ({ component, point, host, into, paths, fault }) =>
    `Restore ${paths ? `${paths.join(', ')} of ` : ''}${component.name} of ${point.id} into ${into} on ${host.name}, look at it, remove it${fault ? ` (${fault}, on purpose)` : ''}`,
  shell: ({ component, point, into, paths }) => [
    `bash restore.sh --component ${component.name} --target ${shellQuote(into)}  # of ${point.id}${paths ? `; only ${paths.join(', ')} is looked at` : ''}`,
    `rm -rf -- ${shellQuote(into)}`,
  ],
  limits: { startToClose: 6 * 3_600_000 },
  async run(wanted, context): Promise<Tested> {
    const base = { component: wanted.component.name, host: wanted.host.name, entries: 0, bytes: 0, alone: 0 };
    // An attempt that is given up leaves the place to the next one, which goes on in it.
    let ended = true;
    try {
      const restored = await restoreComponent.run(wanted, within(damagingParts(wanted, context), 'restore'));
      await disturb(wanted, context);
      const { entries, bytes } = restored;
      const files = wanted.component.driver === 'files';
      if (files) await checkData.run(wanted, within(context, 'check'));
      const alone = files ? await restoreAlone(wanted, context) : 0;
      const why = files
        ? 'compared with the index, samples by content'
        : 'loaded, and its checks answered as in the snapshot';
      return { ...base, outcome: 'good', verdict: 'good', why, entries, bytes, alone };
    } catch (error) {
      ended = error instanceof Refusal;
      if (!(error instanceof Refusal)) throw error;
      if (error.type === 'NotForThisKind')
        return { ...base, outcome: 'cannot be tested', verdict: 'cannot', why: error.message };
      // Anything else says something of the host or the network: the step is refused, and a person decides.
      if (!condemns(error)) throw error;
      return { ...base, outcome: `bad: ${error.type}`, verdict: 'bad', why: error.message, refused: error.type };
    } finally {
      if (ended) await takeAway(wanted, context);
    }
  },
  async undo(wanted, _before, context) {
    await takeAway(wanted, context);
    return { outcome: `${wanted.into} is gone` };
  },
});

function damagingParts({ fault, service, point }: Input, context: StepContext): StepContext {
  return fault === 'damaged-part' ? withDamagedPart(context, service, point.id) : context;
}

/** Between the restore and the look at it. */
async function disturb(wanted: Input, context: StepContext): Promise<void> {
  const { fault, into } = wanted;
  if (fault === 'worker-lost' && context.attempt === 1)
    throw new Error('This attempt is lost on purpose, as when its worker dies; the next one goes on.');
  if (fault !== 'truncated-copy') return;
  const first = `find ${shellQuote(into)} -xdev -type f -size +0 -print0 | LC_ALL=C sort -z | sed -z -n 1p | tr -d '\\0'`;
  // Its time stays: what is newer than the point counts as written by the service.
  const keepTime =
    'time=$(mktemp); touch -r "$file" -- "$time"; truncate -s -1 -- "$file"; touch -r "$time" -- "$file"; rm -f -- "$time"';
  await onHost(wanted, context, 'truncate', `file=$(${first}); ${keepTime}`);
}

/** Each job of the step has a name of its own, so that a new worker finds the right one. */
function within(context: StepContext, part: string): StepContext {
  return { ...context, step: `${context.step}.${part}` };
}

/** A few files that anybody might ask for: fetched by themselves, and the same as those of the whole restore. */
async function restoreAlone(wanted: Input, context: StepContext): Promise<number> {
  const { into } = wanted;
  // An earlier attempt was through and died while it took everything away; its jobs have said what they saw.
  if ((await onHost(wanted, context, 'look', `[ ! -d ${shellQuote(into)} ] || echo there`)).trim() === '') return 0;
  const names = await onHost(
    wanted,
    context,
    'pick',
    // Sizes that cost little, names without anything odd: the whole restore has shown those.
    `cd ${shellQuote(into)} && find . -xdev -type f -size -8M -regextype posix-extended -regex '[A-Za-z0-9_./ -]+' -print | LC_ALL=C sort | shuf -n ${mostAlone} --random-source=<(yes ${shellQuote(context.run)})`,
  );
  const paths = names.split('\n').flatMap((name) => (name === '' ? [] : [name.slice(1)]));
  if (paths.length === 0) return 0;
  const alone = { ...wanted, into: `${into}-alone`, paths };
  await restoreComponent.run(alone, { ...within(context, 'alone'), run: runAlone(context.run) });
  const pairs = paths.map(
    (path) => `cmp -- ${shellQuote(into + path)} ${shellQuote(alone.into + path)} || differs=${shellQuote(path)}`,
  );
  const differs = await onHost(wanted, context, 'compare', `differs=; ${pairs.join('; ')}; echo "differs=$differs"`);
  const [, which = ''] = /^differs=(.*)$/m.exec(differs) ?? [];
  if (which !== '') {
    throw new Refusal(
      'DataDiffers',
      `${which} restored alone is not what the whole restore has.`,
      'look at both by hand.',
    );
  }
  return paths.length;
}

async function takeAway(wanted: Input, context: StepContext): Promise<void> {
  const { into } = wanted;
  const folders = into.startsWith('/') ? [into, `${into}-alone`] : [];
  // An attempt whose worker was lost may have left it at work.
  if (folders.length > 0) await cancelRun(await context.host(wanted.host), runAlone(context.run));
  const runs = [
    { run: context.run, into, part: 'away' },
    ...(folders.length > 0 ? [{ run: runAlone(context.run), into: `${into}-alone`, part: 'away-alone' }] : []),
  ];
  for (const { run, into: place, part } of runs) {
    await restoreComponent.undo?.({ ...wanted, into: place }, null, { ...within(context, part), run });
  }
  if (folders.length === 0) return;
  context.assertCurrent();
  const parent = into.slice(0, into.lastIndexOf('/'));
  const quoted = folders.map((folder) => shellQuote(folder)).join(' ');
  await onHost(
    wanted,
    context,
    'remove',
    `rm -rf --one-file-system -- ${quoted}; rmdir --ignore-fail-on-non-empty -- ${shellQuote(parent)} 2>/dev/null || true`,
  );
}

/** As a host job, since who logs in may not read what the restore laid out. An attempt asks anew: what it asks changes nothing twice. */
async function onHost({ host }: Input, context: StepContext, part: string, command: string): Promise<string> {
  let said = '';
  const params = { script: command, limit: '900' };
  const step = `${context.step}.${part}-${context.attempt}`;
  const executor = await context.host(host);
  await runHostJob(
    { ...context, step, resumeFrom: undefined },
    executor,
    { script: 'command', params },
    {
      onLine(line) {
        if (line.kind === 'log') said = `${said}${line.text}\n`.slice(-8_192);
      },
    },
  );
  return said;
}

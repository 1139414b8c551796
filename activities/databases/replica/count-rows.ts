/** Counts the rows that only an old primary had: noted while it still runs, compared when it has become a standby. Never holds a step up. */
import { z } from 'zod';
import type { ServerState } from '../../../domain/databases/replica.ts';
import type { DivergentCount } from '../../../domain/databases/uncounted.ts';
import { helpers, script } from '../../archives/job-files.ts';
import type { StepContext } from '../../context.ts';
import { runHostJob } from '../../hosts/run-job.ts';
import { lockOf, type ReplicaInput, serverParams } from './replica-input.ts';

const lineSchema = z.union([
  z.object({ type: z.literal('counted') }),
  z.object({ type: z.literal('differs'), what: z.string(), count: z.number(), unit: z.literal('rows') }),
]);

/** Of a server that takes writes; its service is stopped by then, so that nothing comes after the note. What cannot be noted is said, and stays uncounted: it is kept in any case. */
export async function noteRows(given: ReplicaInput, own: ServerState, context: StepContext): Promise<void> {
  if (own.server?.inRecovery !== false) return;
  await tried(context, `the rows of ${given.component.name} are not noted`, async () => {
    await rowJob(given, 'note-rows', {}, context);
  });
}

/** Undefined where nothing was noted, or it could not be compared. `primary` is what the standby follows, as it was before that. */
export async function countRows(
  given: ReplicaInput,
  primary: ServerState,
  context: StepContext,
): Promise<DivergentCount[] | undefined> {
  const { component } = given;
  const until = primary.server?.writtenLsn;
  if (!until) return undefined;
  const within = String(Math.ceil(component.standby.within / 1_000));
  return await tried(context, `the rows of ${component.name} are not counted`, async () => {
    const results = await rowJob(given, 'differ-rows', { until, within }, context);
    const lines = results.flatMap((line) => lineSchema.safeParse(line).data ?? []);
    if (!lines.some(({ type }) => type === 'counted')) return undefined;
    return lines.flatMap((line) =>
      line.type === 'differs' ? [{ what: line.what, count: line.count, unit: line.unit }] : [],
    );
  });
}

async function rowJob(
  { component, host }: ReplicaInput,
  name: string,
  more: Record<string, string>,
  context: StepContext,
): Promise<readonly unknown[]> {
  const rows = await helpers('databases', 'postgresql-rows.sh');
  const params = { ...(await serverParams(component)), ...rows, run: context.run, ...more };
  const job = { script: script('databases', name), params, lock: lockOf(component) };
  return (await runHostJob(context, await context.host(host), job, { part: name })).results;
}

async function tried<Result>(
  context: StepContext,
  what: string,
  work: () => Promise<Result>,
): Promise<Result | undefined> {
  try {
    return await work();
  } catch (error) {
    context.signal.throwIfAborted();
    context.log(`${what}: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

/** Activity `writeExercise`: the one report of both moves of an exercise, beside the reports of runs. A place that is down is left out. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ExerciseStatus, exerciseMarkdown } from '../../domain/drills/exercise.ts';
import { layout } from '../../domain/points/recovery-point.ts';
import { loadPlan } from '../plans/load-plan.ts';
import type { Dependencies } from '../runtime/dependencies.ts';
import { resolveSecret } from '../secrets/resolve.ts';
import { openStore } from '../storage/open-store.ts';
import { withLimit } from '../waiting.ts';

/** ms for one location. */
const limit = 5_000;

/** @returns where it was written. Safe to repeat. */
export async function writeExercise(
  { status }: { status: ExerciseStatus },
  deps: Pick<Dependencies, 'plans' | 'reports'>,
): Promise<string[]> {
  const { folder, overlays } = deps.plans;
  const { service, run } = status;
  const { plan } = await loadPlan(folder, service, { overlays: [...overlays] });
  const files = {
    'exercise.json': `${JSON.stringify(status, null, 2)}\n`,
    'exercise.md': exerciseMarkdown(status),
  };
  const places = Object.keys(plan.storage).map(async (location) => {
    const store = await openStore(plan, location, (ref) => resolveSecret(ref, folder));
    for (const [name, text] of Object.entries(files)) {
      await withLimit(limit, undefined, () => store.put(layout.exercise(service, run, name), Buffer.from(text)));
    }
    return location;
  });
  const local = async () => {
    const path = join(deps.reports, 'exercises', service, run);
    await mkdir(path, { recursive: true });
    for (const [name, text] of Object.entries(files)) await writeFile(join(path, name), text);
    return path;
  };
  const ended = await Promise.allSettled([...places, local()]);
  const written = ended.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const [first] = ended;
  if (written.length === 0 && first?.status === 'rejected') throw first.reason;
  return written;
}

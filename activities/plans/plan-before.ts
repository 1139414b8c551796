/** The plan as it was: at a commit of git, or in another file or folder. */
import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { refusal } from '../../domain/errors.ts';
import { type LoadedPlan, loadPlan } from './load-plan.ts';

const run = promisify(execFile);

export interface PlanPlace {
  readonly folder: string;
  readonly service: string;
  /** As in `loadPlan`. */
  readonly overlays: readonly string[];
}

/**
 * @param against  a file, a folder of plans, or what git calls a commit. With a file the present overlays are laid over it; with a folder
 *   its own, with a commit those of the commit.
 *
 * Refusals `NoEarlierPlan`, and those of `loadPlan`.
 */
export async function planBefore(place: PlanPlace, against: string): Promise<LoadedPlan> {
  const kind = await kindOf(against);
  if (kind === 'folder') return await loadPlan(against, place.service, { overlays: place.overlays });
  const temporary = await mkdtemp(join(tmpdir(), 'muster-plan-'));
  try {
    const plan = join(temporary, `${place.service}.yaml`);
    const overlays: string[] = [];
    if (kind === 'file') await copyFile(against, plan);
    else await writeFile(plan, await atCommit(join(place.folder, `${place.service}.yaml`), against));
    for (const [index, overlay] of place.overlays.entries()) {
      const copy = join(temporary, `overlay-${index + 1}.yaml`);
      const file = fileOf(place, overlay);
      if (kind === 'file') await copyFile(file, copy);
      else await writeFile(copy, await atCommit(file, against));
      overlays.push(copy);
    }
    return await loadPlan(temporary, place.service, { overlays });
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

async function kindOf(against: string): Promise<'file' | 'folder' | 'commit'> {
  const found = await stat(against).catch(() => undefined);
  if (!found) return 'commit';
  return found.isDirectory() ? 'folder' : 'file';
}

/** Where `loadPlan` looks for it. */
function fileOf({ folder, service }: PlanPlace, overlay: string): string {
  return overlay.endsWith('.yaml') ? overlay : join(folder, 'overlays', overlay, `${service}.yaml`);
}

async function atCommit(file: string, commit: string): Promise<string> {
  const path = resolve(file);
  try {
    // `--end-of-options`: a name that begins with a dash is no option.
    const words = ['show', '--end-of-options', `${commit}:./${basename(path)}`];
    return (await run('git', words, { cwd: dirname(path), maxBuffer: 2 ** 26 })).stdout;
  } catch (error) {
    const said = (error as { stderr?: string }).stderr?.trim().split('\n')[0] ?? (error as Error).message;
    throw refusal(
      'NoEarlierPlan',
      `${file} is not to be had as of ${commit} (${said}).`,
      'name another commit, or a file or a folder of plans, with --against.',
    );
  }
}

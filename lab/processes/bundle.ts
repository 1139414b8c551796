/** Bundles Muster's workflows once for all workers of the lab, so that a worker starts in a second. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { LabOptions } from '../options.ts';
import { checkout, type LabPaths } from '../paths.ts';
import { run } from '../shell.ts';

/** The environment that points workers at it; empty where there is nothing to bundle or it failed (then workers do it). */
export async function bundleWorkflows(
  paths: LabPaths,
  options: LabOptions,
  note: (line: string) => void,
): Promise<Record<string, string>> {
  const program = join(checkout, 'workers/bundle.ts');
  if (options.worker || !existsSync(program)) return {};
  const target = join(paths.run, 'workflows.js');
  try {
    await run(process.execPath, [program, target], { cwd: checkout });
    note('bundle of the workflows');
    return { MUSTER_BUNDLE: target };
  } catch (error) {
    note(`NO BUNDLE of the workflows: ${(error as Error).message.slice(-300)}`);
    return {};
  }
}

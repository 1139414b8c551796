/**
 * Labs for the tests of a project, one for each worker of vitest: raised once with SpaceTime and one recovery point in each, taken
 * down at the end.
 *
 * `MUSTER_TEST_LAB=DIR` uses the lab of that directory alone and leaves it running: raised at the first use, and at once there
 * in every later call of vitest.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { parse, stringify } from 'yaml';
import { connectLab, type Lab } from '../../../lab/client.ts';
import { observed } from '../../../lab/demo/observed.ts';
import { down } from '../../../lab/down.ts';
import type { LabOptions } from '../../../lab/options.ts';
import { checkout, labPaths } from '../../../lab/paths.ts';
import { until } from '../../../lab/shell.ts';
import { labLives, readState } from '../../../lab/state.ts';
import { up } from '../../../lab/up.ts';
import { readTruth, type Truth } from './truth.ts';

export interface LabKind {
  /** What `up` is told. */
  readonly options: Partial<LabOptions>;
  /** How much SpaceTime has. */
  readonly seed: { readonly files: number; readonly megabytes: number; readonly rows: number };
}

export async function raiseLabs(project: TestProject, kind: LabKind): Promise<() => Promise<void>> {
  const kept = process.env.MUSTER_TEST_LAB;
  const dirs = kept ? [kept] : Array.from({ length: workersOf(project) }, () => mkdtempSync(join(tmpdir(), 'm-')));
  const remove = async () => {
    if (kept) return;
    await Promise.all(dirs.map((dir) => down({ dir, logs: false })));
    for (const dir of dirs) rmSync(dir, { recursive: true, force: true });
  };
  // Settled, so that none is still rising while all are taken down.
  const settled = await Promise.allSettled(dirs.map((dir) => openLab(dir, kind)));
  try {
    project.provide('labs', settled.map(fulfilled));
    return remove;
  } catch (error) {
    await remove();
    throw error;
  }
}

declare module 'vitest' {
  interface ProvidedContext {
    labs: { dir: string; truth: Truth }[];
  }
}

/** As many as have a file to run. */
function workersOf(project: TestProject): number {
  const chosen = project.vitest.state.getPaths();
  return Math.min(project.config.maxWorkers, Math.max(1, chosen.length));
}

function fulfilled<T>(settled: PromiseSettledResult<T>): T {
  if (settled.status === 'rejected') throw settled.reason;
  return settled.value;
}

async function openLab(dir: string, kind: LabKind): Promise<{ dir: string; truth: Truth }> {
  if (!isRaised(dir)) await raise(dir, kind);
  return { dir, truth: JSON.parse(readFileSync(noteOf(dir), 'utf8')) as Truth };
}

/** What the lab holds; a lab without it was never raised to the end. */
function noteOf(dir: string): string {
  return join(labPaths(dir).run, 'truth.json');
}

function isRaised(dir: string): boolean {
  const state = readState(dir);
  return state !== undefined && labLives(state) && existsSync(noteOf(dir));
}

async function raise(dir: string, { options, seed: size }: LabKind): Promise<void> {
  await down({ dir });
  await up({ dir, options: { bootDelayMs: 500, ...options } });
  shortenTimes(dir);
  const lab = connectLab(dir);
  const seed = Object.entries(size).flatMap(([name, value]) => [`--${name}`, `${value}`]);
  await succeed(lab, [process.execPath, join(checkout, 'lab/spacetime/seed.ts'), ...seed]);
  await until('the observer sees writes acknowledged', async () => (await observed(lab).state()).acknowledged > 5, {
    timeoutMs: 60_000,
  });
  // Nobody writes while the point is taken, so that what it must hold can be read from the source itself.
  await lab.process('observer', 'freeze');
  const before = await readTruth(lab, 'us-east-1');
  await succeed(lab, [join(checkout, 'scripts/muster'), 'backup', 'spacetime', '--by', 'tests', '--watch']);
  const after = await readTruth(lab, 'us-east-1', before.until);
  await lab.keep();
  await lab.process('observer', 'thaw');
  if (JSON.stringify(before) !== JSON.stringify(after)) throw new Error('The source changed while it was backed up.');
  writeFileSync(noteOf(dir), JSON.stringify(before));
}

/** On top of the lab's own overlay: a test watches for seconds. Recovery itself is as in the demo. */
function shortenTimes(dir: string): void {
  const file = join(labPaths(dir).plans, 'overlays', 'lab', 'spacetime.yaml');
  const overlay = parse(readFileSync(file, 'utf8'));
  writeFileSync(file, stringify({ ...overlay, watch: { for: '2s', every: '1s' }, limits: { boot: '10s' } }));
}

async function succeed(lab: Lab, command: string[]): Promise<void> {
  const { code, stdout, stderr } = await lab.exec(command);
  if (code !== 0) throw new Error(`${command.slice(1).join(' ')} ended with ${code}: ${stdout}${stderr}`);
}

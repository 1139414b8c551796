/** A worker that a test starts itself, in place of the lab's: with another clock, or of another build. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commandInside } from '../../../lab/inside.ts';
import { checkout } from '../../../lab/paths.ts';
import type { Scenario } from './scenario.ts';

const region = 'us-west-2';
/** What a worker is made of. */
const parts = ['activities', 'domain', 'observer', 'playbooks', 'workers', 'workflows', 'package.json'];

/** Kills the region's own workers; resolves when this one is ready. `node`: options before the program. */
export async function onlyWorker(
  { lab }: Scenario,
  { node = [], build = checkout }: { node?: string[]; build?: string } = {},
): Promise<ChildProcess> {
  await Promise.all([`worker-${region}`, `spare-${region}`].map((name) => lab.process(name, 'kill')));
  const command = [process.execPath, ...node, join(build, 'workers/main.ts'), '--queue', `muster-${region}`];
  const [file, ...args] = commandInside(lab.state, region, command);
  const env = { ...process.env, ...lab.state.env, AWS_REGION: region };
  const worker = spawn(file, args, { env, cwd: build, stdio: ['ignore', 'pipe', 'inherit'] });
  for (let said = ''; !said.includes('worker ready'); ) {
    const [chunk] = (await once(worker.stdout, 'data')) as [Buffer];
    said += chunk.toString();
  }
  worker.stdout.resume();
  return worker;
}

/** A copy of what a worker is made of, changed at one place. `remove` deletes it. */
export function anotherBuild(file: string, from: string, to: string): { build: string; remove(): void } {
  const build = mkdtempSync(join(tmpdir(), 'muster-build-'));
  for (const part of parts) cpSync(join(checkout, part), join(build, part), { recursive: true });
  symlinkSync(join(checkout, 'node_modules'), join(build, 'node_modules'));
  const text = readFileSync(join(build, file), 'utf8');
  if (!text.includes(from)) throw new Error(`${file} has no ${from}`);
  writeFileSync(join(build, file), text.replace(from, to));
  return { build, remove: () => rmSync(build, { recursive: true, force: true }) };
}

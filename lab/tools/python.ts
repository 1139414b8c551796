/** Python tools of the lab and the benchmarks, each in an environment of its own, built once into the cache. */
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../shell.ts';
import { cache, cached } from './cache.ts';
import type { BuildOptions } from './go.ts';

/** What each environment holds; the first package names its version. */
const environments = {
  moto: ['moto==5.2.5', 'flask', 'flask-cors'],
  awscli: ['awscli==1.45.11'],
} as const;

export type PythonTool = keyof typeof environments;

/** Folder of the environment's commands (`python`, `aws`). Built in under a minute, once. */
export async function pythonTool(name: PythonTool, { note, signal }: BuildOptions): Promise<string> {
  const { home, mark, version, packages } = placeOf(name);
  await cached(
    mark,
    async () => {
      note(`Installing ${name} ${version}, once (under a minute)`);
      rmSync(home, { recursive: true, force: true });
      await run(systemPython(), ['-m', 'venv', home], { signal });
      await run(join(home, 'bin/python'), ['-m', 'pip', 'install', '--quiet', ...packages], { signal });
      writeFileSync(mark, `${packages.join('\n')}\n`);
    },
    { note, signal },
  );
  return join(home, 'bin');
}

export function hasPythonTool(name: PythonTool): boolean {
  return existsSync(placeOf(name).mark);
}

/** The environment's directory is also its address (scripts name it), so it is built in place and marked when whole. */
function placeOf(name: PythonTool) {
  const packages = environments[name];
  const version = packages[0].split('==')[1];
  const home = join(cache, `${name}-${version}`);
  return { packages, version, home, mark: `${home}.complete` };
}

function systemPython(): string {
  return existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3';
}
